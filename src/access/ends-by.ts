import { judgedBy, lagAt, timesToJudgeBy } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'

interface Look {
  db: Db
  nowMs: number
}

/** SQL: by how much the clock may be ahead by which a grant began, and by which it must have been used. */
const STARTS_BY = lagAt('starts_at_ms')
/**
 * SQL: the same of the clock by which it would end but for the time to use it: by so much more as a pause seemed longer for having begun in
 * another start than it ended. What it was stopped before the start from which it is counted now is behind it.
 */
const WHOLE_ENDS_BY = `(${STARTS_BY} + coalesce((SELECT
  sum(max(0, ${lagAt('pause.ended_at_ms')} - ${lagAt('pause.began_at_ms')})) FROM grant_pauses AS pause
  WHERE pause.grant_id = grants.id AND pause.began_at_ms >= starts_at_ms), 0))`

/** SQL: by how much a clock that may be ahead by `lag` is ahead of the one by which a grant ends: of its two ends the one that comes first counts. */
export const aheadOfEnd = (lag: string): string => `iif(use_before_ms IS NULL, max(0, ${lag} - ${WHOLE_ENDS_BY}),
  min(max(0, ${lag} - ${WHOLE_ENDS_BY}) + cut_ms, ${aheadOfStart(lag)} + use_before_ms - expires_at_ms))`

/** SQL: and by how much ahead of the clock by which it began. */
export const aheadOfStart = (lag: string): string => `max(0, ${lag} - ${STARTS_BY})`

/** SQL: what time it is by the clock by which a grant ends, as `judgedAtMs` judges it; it asks for `nowMs` and `lagMs`. */
export const JUDGED_BY_END = `:nowMs - iif(:lagMs = 0, 0, ${aheadOfEnd(':lagMs')})`

const BY_WHOLE_END = `SELECT ${judgedBy(WHOLE_ENDS_BY)} AS judgedMs,
  :pausedAtMs - iif(:lagMs = 0, 0, max(0, ${lagAt(':pausedAtMs')} - ${WHOLE_ENDS_BY})) AS pausedAtMs FROM grants WHERE id = :id`

// While its clock stands still, it is over by the time to use it alone.
const BY_END = `SELECT iif(:pausedAtMs IS NULL, ${JUDGED_BY_END}, ${judgedBy(STARTS_BY)}) AS judgedMs,
  :pausedAtMs - iif(:lagMs = 0, 0, ${aheadOfEnd(lagAt(':pausedAtMs'))}) AS pausedAtMs FROM grants WHERE id = :id`

const judge =
  (query: string) =>
  ({ db, nowMs }: Look, { id, pausedAtMs = null }: { id: string; pausedAtMs?: number | null }) =>
    sql(db, query).get({ id, pausedAtMs, nowMs, lagMs: timesToJudgeBy({ db, nowMs }).lagMs }) as {
      judgedMs: number
      pausedAtMs: number | null
    }

/** Now, and when a grant was stopped, by the clock by which it ends. */
export const judgeByEnd = judge(BY_END)
/** And by the one by which it would end but for the time to use it. */
export const judgeByWholeEnd = judge(BY_WHOLE_END)
