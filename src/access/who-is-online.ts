import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { anySessionOfGrant, openSessionsOfGrant } from './session-table.ts'

/** Routers are looked at every minute. What no look has confirmed for so long is not so any more. */
const LOOK_COUNTS_MS = 5 * 60_000

/** Seen at a router that knows its users itself: one that has been changed to ask RADIUS is not looked at any more. */
const SEEN_LOCALLY = `SELECT 1 FROM local_usage JOIN routers ON routers.id = router_id
  WHERE grant_id = ? AND access_mode = 'local' AND online_at_ms > ?`

export const isAnybodyOnline = ({ db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>, grantId: string): boolean =>
  openSessionsOfGrant(db, grantId).length > 0 ||
  sql(db, SEEN_LOCALLY).get(grantId, nowMs - LOOK_COUNTS_MS) !== undefined

/** Whether a router has ever told that somebody was online with this grant, and so will tell the next time. */
export const wasAnybodyOnline = (db: Db, grantId: string): boolean =>
  anySessionOfGrant(db, grantId) || sql(db, 'SELECT 1 FROM local_usage WHERE grant_id = ?').get(grantId) !== undefined
