import { command } from '../flow/command.ts'
import { ageOf, isTimeTrusted, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'

/** Longer than any outage of the same time is told after it. */
const PAUSES_KEPT_MS = 30 * 24 * 3_600_000
/** The newest stay whatever the clock says: it may have been set to a year that has not come. */
const PAUSES_KEPT = 5_000

/** SQL: it began before a start of the daemon and ended in it, so that its length is by two clocks. */
const IS_OVER_A_START =
  'EXISTS (SELECT 1 FROM boots WHERE started_at_ms > pause.began_at_ms AND started_at_ms <= pause.ended_at_ms)'
/** SQL: access that runs, or comes back when a refund is dropped. */
const MAY_GO_ON =
  '(grants.ended_at_ms IS NULL OR EXISTS (SELECT 1 FROM grant_parts WHERE grant_id = grants.id AND withdrawn_at_ms IS NOT NULL))'

/**
 * Forgets pauses that were over long ago for certain, at most `limit`: their time stands in the grant's end. While the clock is not believed, one
 * over a start may still turn out to have been shorter, and stays for as long as its grant may go on. A grant that runs keeps its last, before
 * which its clock never stops again. Returns how many went.
 */
export const prunePauses = command('grants.prune-pauses', (context, { limit }: { limit: number }) => {
  const { db, nowMs } = context
  const { lagMs } = timesToJudgeBy(context)
  return sql(
    db,
    // No age is more than the clock says: only what seems old enough is held against every start that is kept.
    `DELETE FROM grant_pauses WHERE id IN (
       SELECT pause.id FROM grant_pauses AS pause JOIN grants ON grants.id = grant_id
        WHERE pause.id <= (SELECT max(id) FROM grant_pauses) - ${PAUSES_KEPT}
          AND pause.ended_at_ms < :nowMs - ${PAUSES_KEPT_MS} AND ${ageOf('pause.ended_at_ms')} > ${PAUSES_KEPT_MS}
          AND (grants.ended_at_ms IS NOT NULL OR pause.id < (SELECT max(id) FROM grant_pauses AS last WHERE last.grant_id = grants.id))
          AND NOT (:isUncertain AND ${MAY_GO_ON} AND ${IS_OVER_A_START})
        ORDER BY pause.id LIMIT :limit)`,
  ).run({ nowMs, lagMs, limit, isUncertain: isTimeTrusted(context) ? 0 : 1 }).changes
})
