import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'

const SESSIONS_KEPT_MS = 365 * 24 * 3_600_000
/** The newest stay whatever the clock says: it may have been set to a year that has not come. */
const SESSIONS_KEPT = 20_000

/** Forgets sessions that ended long ago, at most `limit`; what was used stands in the grant. Returns how many went. */
export const pruneSessions = command(
  'sessions.prune',
  ({ db, nowMs }, { limit }: { limit: number }) =>
    sql(
      db,
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions
          WHERE id <= (SELECT max(id) FROM sessions) - ${SESSIONS_KEPT} AND stopped_at_ms < ?
          ORDER BY id LIMIT ?)`,
    ).run(nowMs - SESSIONS_KEPT_MS, limit).changes,
)
