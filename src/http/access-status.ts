import type { GrantRow } from '../access/grant-table.ts'
import { anySessionOfGrant, openSessionsOfGrant } from '../access/session-table.ts'
import type { Db } from '../store/database.ts'

/** Whether somebody is online with this grant: by its sessions, or by the router's own word as long as none was accounted. */
export function isOnline(db: Db, grant: GrantRow): boolean {
  if (grant.endedAtMs !== null) return false
  return openSessionsOfGrant(db, grant.id).length > 0 || (grant.onlineAtMs !== null && !anySessionOfGrant(db, grant.id))
}
