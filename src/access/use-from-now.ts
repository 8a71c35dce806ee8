import type { CommandContext } from '../flow/command.ts'
import { judgedAtMs, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { judgeByWholeEnd } from './ends-by.ts'
import { keepPause } from './go-on.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { setWholeEnd, wholeEndMs } from './whole-end.ts'

/**
 * A grant that could not be used since `sinceMs`, or was let out on trust, is used from now on: nothing that happened meanwhile took anything
 * from it, and what is left of it is measured by the clock of this start. Returns its end.
 */
export function useFromNow(context: CommandContext, grantId: string, sinceMs: number): number {
  const expiresAtMs = countFromThisStart(context, grantId)
  // After that: it is behind the end that is counted from now.
  keepPause(context.db, { grantId, beganAtMs: sinceMs, endedAtMs: context.nowMs })
  return expiresAtMs
}

/**
 * While the clock is not trusted the times of a grant are by the clock of the start in which it began, and its pauses: this start's clock
 * takes their place, and they move with it.
 */
function countFromThisStart(context: CommandContext, grantId: string): number {
  const { db, nowMs } = context
  const grant = grantById(db, grantId) as GrantRow
  const wholeMs = wholeEndMs(grant) + nowMs - judgeByWholeEnd(context, { id: grantId }).judgedMs
  const beginsMs = timesToJudgeBy(context).begunMs
  if (beginsMs > grant.startsAtMs)
    sql(db, 'UPDATE grants SET opened_at_ms = coalesce(opened_at_ms, starts_at_ms) WHERE id = ?').run(grantId)
  const startsAtMs = Math.max(grant.startsAtMs, beginsMs)
  const laterMs = nowMs - judgedAtMs(context, grant.startsAtMs)
  const useBeforeMs = grant.useBeforeMs === null ? null : grant.useBeforeMs + laterMs
  return setWholeEnd(db, { id: grantId, startsAtMs, useBeforeMs }, wholeMs)
}
