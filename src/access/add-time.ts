import type { CommandContext } from '../flow/command.ts'
import { judgedAtMs } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { judgeByWholeEnd } from './ends-by.ts'
import { standingParts } from './grant-parts.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { isOver, overSinceMs } from './over-since.ts'
import { leftOf } from './time-left.ts'
import { useFromNow } from './use-from-now.ts'
import { setWholeEnd, wholeEndMs } from './whole-end.ts'

interface Added {
  /**
   * What was added, and was not cut by the time to use it; also what it has only when it goes on: when its refund is dropped, or more data
   * comes.
   */
  addedMs: number
  /** Its end from now on, as far as it is known; undefined while it is over all the same. */
  expiresAtMs: number | undefined
}

/**
 * Adds time to a grant. One that was over goes on, if anything is left of it then, with what was left and what is added; `keepsWindow`: and with as
 * long to use it as it had. What is owed is made up for first.
 */
export function addTime(context: CommandContext, grant: GrantRow, ms: number, { keepsWindow = false } = {}): Added {
  const { db, nowMs } = context
  const owedMs = Math.max(0, grant.owedMs - ms)
  const wholeMs = wholeEndMs(grant) + ms - (grant.owedMs - owedMs)
  const wasOver = isOver(context, grant)
  const sinceMs = wasOver ? overSinceMs(context, grant) : nowMs
  // At least so long, while the clock is not believed.
  const missedMs = judgedAtMs(context, sinceMs) - sinceMs
  const useBeforeMs = grant.useBeforeMs === null ? null : grant.useBeforeMs + (keepsWindow ? missedMs : 0)
  const laterMs = grant.pausedAtMs === null ? missedMs : 0
  sql(db, 'UPDATE grants SET owed_ms = ?, ended_at_ms = NULL, end_reason = NULL WHERE id = ?').run(owedMs, grant.id)
  const endMs = setWholeEnd(db, { ...grant, useBeforeMs }, wholeMs + laterMs)
  const left = leftOf(db, grantById(db, grant.id) as GrantRow, nowMs)
  const uncutMs = (useByMs: number | null, afterMs: number) => {
    const cutMs = (endMs: number) => Math.max(0, endMs + afterMs - (useByMs ?? Number.POSITIVE_INFINITY))
    return ms - cutMs(wholeMs) + cutMs(wholeEndMs(grant))
  }
  const hasMore = left.bytes !== 0 && standingParts(db, grant.id) > 0
  if (owedMs > 0 || left.seconds === 0 || !hasMore) {
    // What can be given only for now is lost, unless it is over for another reason than its time.
    const isKept = keepsWindow || grant.owedMs > 0 || !hasMore
    stayOver(db, grant, isKept ? { owedMs, wholeMs } : { owedMs: 0, wholeMs: wholeEndMs(grant) })
    return { addedMs: isKept ? uncutMs(grant.useBeforeMs, 0) : 0, expiresAtMs: undefined }
  }
  const isUsedFromNow = wasOver && grant.pausedAtMs === null
  return {
    addedMs: uncutMs(useBeforeMs, laterMs),
    expiresAtMs: isUsedFromNow ? useFromNow(context, grant.id, sinceMs) : endMs,
  }
}

function stayOver(db: Db, grant: GrantRow, { owedMs, wholeMs }: { owedMs: number; wholeMs: number }): void {
  const { id, endedAtMs, endReason } = grant
  sql(db, 'UPDATE grants SET owed_ms = ?, ended_at_ms = ?, end_reason = ? WHERE id = ?').run(
    owedMs,
    endedAtMs,
    endReason,
    id,
  )
  setWholeEnd(db, grant, wholeMs)
}

/** Takes time away from a grant. What is more than is left is owed. */
export function takeTime(context: CommandContext, grant: GrantRow, ms: number): void {
  const { db } = context
  const owe = (owedMs: number) => sql(db, 'UPDATE grants SET owed_ms = owed_ms + ? WHERE id = ?').run(owedMs, grant.id)
  if (isOver(context, grant)) return void owe(ms)
  const wholeMs = wholeEndMs(grant) - ms
  const { judgedMs, pausedAtMs } = judgeByWholeEnd(context, grant)
  const endMs = Math.max(wholeMs, pausedAtMs ?? judgedMs)
  owe(Math.max(endMs, setWholeEnd(db, grant, endMs)) - wholeMs)
}
