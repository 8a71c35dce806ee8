import type { CommandContext } from '../flow/command.ts'
import { judgedAtMs, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import type { GrantRow } from './grant-table.ts'

/**
 * A grant that was over, or was let out on trust, is used from now on. While the clock is not trusted its times are by the clock of the start
 * in which it began: what is left of it is measured by this start's clock instead, and moves with it. Returns by how much its end is later.
 */
export function countFromThisStart(context: CommandContext, { id, startsAtMs }: GrantRow): number {
  // Also where a pause has brought its end into a later start's clock: when the clock is set, the end moves with that pause, too.
  const laterMs = context.nowMs - judgedAtMs(context, startsAtMs)
  sql(
    context.db,
    `UPDATE grants SET starts_at_ms = max(starts_at_ms, :begunMs), expires_at_ms = expires_at_ms + :laterMs, use_before_ms = use_before_ms + :laterMs
     WHERE id = :id`,
  ).run({ id, begunMs: timesToJudgeBy(context).begunMs, laterMs })
  return laterMs
}
