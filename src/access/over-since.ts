import type { CommandContext } from '../flow/command.ts'
import { LAG_MS, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { aheadOfEnd, aheadOfStart } from './ends-by.ts'
import type { GrantRow } from './grant-table.ts'
import { leftOf } from './time-left.ts'

/** SQL: when the time of a grant ran out, or the time to use it while its clock stood still, by a clock that may be ahead by `lag`. */
const ranOut = (lag: string) => `iif(paused_at_ms IS NULL, expires_at_ms + ${aheadOfEnd(lag)},
  coalesce(use_before_ms + ${aheadOfStart(lag)}, :endedMs))`

/** SQL: by the clock of the start in which that was, at the latest the one of `endedMs`. */
const RAN_OUT = `SELECT iif(:lagMs = 0, iif(paused_at_ms IS NULL, expires_at_ms, coalesce(use_before_ms, :endedMs)), coalesce(
  (SELECT ${ranOut(LAG_MS)} FROM boots WHERE started_at_ms <= ${ranOut(LAG_MS)} AND started_at_ms <= :endedMs ORDER BY number DESC LIMIT 1),
  ${ranOut('0')})) FROM grants WHERE id = :id`

/** Nobody can use it: it has ended, or its time is over and that is not written down yet. */
export const isOver = ({ db, nowMs }: CommandContext, grant: GrantRow): boolean =>
  grant.endedAtMs !== null || leftOf(db, grant, nowMs).seconds === 0

/** Since when a grant that is over is so, by the clock of then. */
export function overSinceMs({ db, nowMs }: CommandContext, { id, endedAtMs, endReason }: GrantRow): number {
  const endedMs = endedAtMs ?? nowMs
  if (endedAtMs !== null && endReason !== 'time-used') return endedAtMs
  const { lagMs } = timesToJudgeBy({ db, nowMs })
  const ranOutMs = sql(db, RAN_OUT).pluck().get({ id, endedMs, lagMs }) as number
  // That its time is over is written down a little later.
  return Math.min(ranOutMs, endedMs)
}
