import { askedFromOf } from '../../src/access/asked-from.ts'
import type { GrantRow } from '../../src/access/grant-table.ts'
import type { LogInTerms } from '../../src/routers/hotspot-login.ts'
import type { JobServices } from '../services.ts'
import { grantOfUser, isKept } from './kept-session.ts'

/** On what terms a router lets the grant's device in: whom else it may take off for it, and from where it was asked. */
export const logInTerms = ({ db, clock }: JobServices, grant: GrantRow): LogInTerms => {
  const nowMs = clock.nowMs()
  return {
    mayEnd: (username) => !isKept(db, grantOfUser(db, username), grant, nowMs),
    askedFrom: askedFromOf(db, grant.id) ?? undefined,
  }
}
