import type { GrantRow } from '../access/grant-table.ts'
import { openSessionsOfGrant } from '../access/session-table.ts'
import type { Db } from '../store/database.ts'

/** Whether somebody is online with this grant, as far as routers have told. */
export function isOnline(db: Db, grant: GrantRow): boolean {
  if (grant.endedAtMs !== null) return false
  return grant.onlineAtMs !== null || openSessionsOfGrant(db, grant.id).length > 0
}
