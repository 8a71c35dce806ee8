import { judgedBy, lagAt, timesToJudgeBy } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'

/**
 * SQL: by how much the clock by which a grant ends may be ahead: that of the start in which it began, and by so much more as a pause
 * seemed longer for having begun in another start than it ended; what it was stopped before the start from which it is counted now is
 * behind it. A time to use it, which cuts that end, is by the first alone.
 */
const WHOLE_ENDS_BY = `(${lagAt('starts_at_ms')} + coalesce((SELECT
  sum(max(0, ${lagAt('pause.ended_at_ms')} - ${lagAt('pause.began_at_ms')})) FROM grant_pauses AS pause
  WHERE pause.grant_id = grants.id AND pause.began_at_ms >= starts_at_ms), 0))`
export const ENDS_BY = `iif(use_before_ms IS NULL, ${WHOLE_ENDS_BY}, ${lagAt('starts_at_ms')})`

/** SQL: what time it is by the clock by which a grant ends, as `judgedAtMs` judges it; it asks for `nowMs` and `lagMs`. */
export const JUDGED_BY_END = judgedBy(ENDS_BY)

const judgedOf =
  (judged: string) =>
  ({ db, nowMs }: { db: Db; nowMs: number }, grantId: string): number =>
    sql(db, `SELECT ${judged} FROM grants WHERE id = :grantId`)
      .pluck()
      .get({ grantId, nowMs, lagMs: timesToJudgeBy({ db, nowMs }).lagMs }) as number

export const judgedByEndMs = judgedOf(JUDGED_BY_END)
/** By the end that it would have but for the time to use it. */
export const judgedByWholeEndMs = judgedOf(judgedBy(WHOLE_ENDS_BY))
