import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { anySessionOfGrant, openSessionsOfGrant } from './session-table.ts'

/** Looks come every minute. What none has confirmed for so long is what was, not what is. */
const LOOK_COUNTS_MS = 5 * 60_000

/** Of a router that knows its users itself: one that leaves them to RADIUS is looked at no more. */
const SEEN_LOCALLY = `SELECT 1 FROM local_usage JOIN routers ON routers.id = router_id
  WHERE grant_id = ? AND access_mode = 'local' AND online_at_ms > ?`

export const isAnybodyOnline = ({ db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>, grantId: string): boolean =>
  openSessionsOfGrant(db, grantId).length > 0 ||
  sql(db, SEEN_LOCALLY).get(grantId, nowMs - LOOK_COUNTS_MS) !== undefined

/** Whether a router has told of who is online with it, and so will tell of the next. */
export const wasAnybodyOnline = (db: Db, grantId: string): boolean =>
  anySessionOfGrant(db, grantId) || sql(db, 'SELECT 1 FROM local_usage WHERE grant_id = ?').get(grantId) !== undefined
