import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'

/** Longer than any outage of the same time is told after it. */
const PAUSES_KEPT_MS = 30 * 24 * 3_600_000
/** The newest stay whatever the clock says: it may have been set to a year that has not come. */
const PAUSES_KEPT = 5_000

/**
 * Forgets pauses that were over long ago, at most `limit`: their time stands in the grant's end. While the clock is not believed, any of them
 * may have been last week, and turn out to have been shorter. A grant that runs keeps its last, before which its clock never stops again.
 * Returns how many went.
 */
export const prunePauses = command('grants.prune-pauses', (context, { limit }: { limit: number }) => {
  if (!isTimeTrusted(context)) return 0
  const { db, nowMs } = context
  return sql(
    db,
    `DELETE FROM grant_pauses WHERE id IN (
       SELECT pause.id FROM grant_pauses AS pause JOIN grants ON grants.id = grant_id
        WHERE pause.id <= (SELECT max(id) FROM grant_pauses) - ${PAUSES_KEPT} AND pause.ended_at_ms < ?
          AND (grants.ended_at_ms IS NOT NULL OR pause.id < (SELECT max(id) FROM grant_pauses AS last WHERE last.grant_id = grants.id))
        ORDER BY pause.id LIMIT ?)`,
  ).run(nowMs - PAUSES_KEPT_MS, limit).changes
})
