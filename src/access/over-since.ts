import type { CommandContext } from '../flow/command.ts'
import { LAG_MS, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { ENDS_BY } from './ends-by.ts'
import { type GrantRow, leftOf } from './grant-table.ts'

/** SQL: when the time of a grant ran out, or the time to use it while its clock stood still. */
const RAN_OUT = 'iif(paused_at_ms IS NULL, expires_at_ms, coalesce(use_before_ms, :endedMs))'

/** SQL: the same by the clock of the start in which that was, at the latest the one of `endedMs`. */
const RAN_OUT_THEN = `SELECT iif(:lagMs = 0, ${RAN_OUT}, coalesce((SELECT ${RAN_OUT} + max(0, ${LAG_MS} - ${ENDS_BY}) FROM boots
  WHERE started_at_ms <= ${RAN_OUT} + max(0, ${LAG_MS} - ${ENDS_BY}) AND started_at_ms <= :endedMs ORDER BY number DESC LIMIT 1), ${RAN_OUT}))
  FROM grants WHERE id = :id`

/** Nobody can use it: it has ended, or its time is over and that is not written down yet. */
export const isOver = ({ db, nowMs }: CommandContext, grant: GrantRow): boolean =>
  grant.endedAtMs !== null || leftOf(db, grant, nowMs).seconds === 0

/** Since when a grant that is over is so, by the clock of then. */
export function overSinceMs({ db, nowMs }: CommandContext, { id, endedAtMs, endReason }: GrantRow): number {
  const endedMs = endedAtMs ?? nowMs
  if (endedAtMs !== null && endReason !== 'time-used') return endedAtMs
  const { lagMs } = timesToJudgeBy({ db, nowMs })
  const ranOutMs = sql(db, RAN_OUT_THEN).pluck().get({ id, endedMs, lagMs }) as number
  // That its time is over is written down a little later.
  return Math.min(ranOutMs, endedMs)
}
