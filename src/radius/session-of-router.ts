import type { GrantRow } from '../access/grant-table.ts'
import type { SessionRow } from '../access/session-table.ts'
import type { ToldTerms } from '../access/told-terms.ts'
import type { RouterRow } from '../routers/router-table.ts'
import type { SessionChange } from './coa-client.ts'
import type { SessionNames } from './dynamic-authorization.ts'
import { nasOfRouter } from './nas-of-router.ts'
import { rateLimitText } from './rate-limit-text.ts'

/** An open session as its router knows it. */
export function sessionNames(router: RouterRow, session: SessionRow): SessionNames {
  return {
    nas: nasOfRouter(router),
    username: session.username,
    acctSessionId: session.acctSessionId,
    framedIpAddress: session.framedIpAddress ?? undefined,
    macAddress: session.macAddress ?? undefined,
  }
}

/** All that is true of a grant now and that a router changes while the customer is online. */
export function sessionChange(
  session: SessionRow,
  { grant, terms }: { grant: GrantRow; terms: ToldTerms | undefined },
): SessionChange {
  return {
    sessionTimeoutSeconds: Math.max(1, Math.floor((grant.expiresAtMs - session.startedAtMs) / 1000)),
    // "No limit" has to be said: the limit before would stay.
    ...(!terms?.isSpeedOfProfile && { rateLimit: rateLimitText(grant, terms) ?? '0/0' }),
    ...(terms?.idleTimeoutSeconds != null && { idleTimeoutSeconds: terms.idleTimeoutSeconds }),
    ...(terms?.routerGroup != null && { routerGroup: terms.routerGroup }),
  }
}
