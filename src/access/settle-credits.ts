import type { CommandContext } from '../flow/command.ts'
import { ageOf, lagAt, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { OUTAGE_TIMES, type Outage } from './outages.ts'
import { setWholeEnd, wholeEndMs } from './whole-end.ts'

/** The end of a session is never told later than this; the pauses of a longer time are kept (`prunePauses`). */
const SETTLED_MS = 7 * 24 * 3_600_000

/**
 * SQL: how long a time was. While the clock is not believed, no time without power counts, which takes nothing from anybody then: what began
 * before a start and ended in it is by two clocks.
 */
const span = (fromMs: string, untilMs: string) =>
  `(${untilMs} - ${fromMs} - iif(:lagMs = 0, 0, max(0, ${lagAt(untilMs)} - ${lagAt(fromMs)})))`

const LOST = `SELECT ${span(':fromMs', ':untilMs')} - coalesce((SELECT sum(${span('max(began_at_ms, :fromMs)', 'min(ended_at_ms, :untilMs)')})
  FROM grant_pauses WHERE grant_id = :grantId AND began_at_ms < :untilMs AND ended_at_ms > :fromMs), 0)`

/** How long the grant could have been used in the outage: while it was paused or over, nothing was lost. */
export function lostSeconds(
  context: CommandContext,
  grant: GrantRow,
  { beganAtMs, endedAtMs }: Outage,
  mostSeconds: number,
): number {
  const fromMs = Math.max(beganAtMs, grant.openedAtMs ?? grant.startsAtMs)
  const untilMs = Math.min(endedAtMs, grant.pausedAtMs ?? endedAtMs)
  const { lagMs } = timesToJudgeBy(context)
  const lostMs = sql(context.db, LOST).pluck().get({ grantId: grant.id, fromMs, untilMs, lagMs }) as number
  return Math.min(mostSeconds, Math.max(0, Math.floor(lostMs / 1000)))
}

/**
 * A pause that is told after the credit of an outage, and began before it ended, gives the same time back: it is taken off the
 * credit's. Asked for at each change of such a pause, also one that turns out to have been none.
 */
export function settleCredits(context: CommandContext, grantId: string): void {
  const { db, nowMs } = context
  const credits = sql(
    db,
    `SELECT outage_id AS outageId, outage_credits.seconds, coalesce(paused.seconds, 0) AS paused, router_id AS routerId, reason,
       ${OUTAGE_TIMES}
     FROM outage_credits JOIN outages ON outages.id = outage_id LEFT JOIN outage_credits_paused AS paused USING (grant_id, outage_id)
     WHERE grant_id = :grantId AND outage_credits.seconds > 0 AND ${ageOf('(ended_at_ms + end_moved_ms)')} < ${SETTLED_MS}`,
  ).all({ grantId, nowMs, lagMs: timesToJudgeBy(context).lagMs }) as (Outage & {
    outageId: number
    seconds: number
    paused: number
  })[]
  for (const { outageId, seconds, paused, ...outage } of credits) {
    const grant = grantById(db, grantId) as GrantRow
    const nowPaused = seconds - lostSeconds(context, grant, outage, seconds)
    if (nowPaused === paused) continue
    sql(
      db,
      `INSERT INTO outage_credits_paused (outage_id, grant_id, seconds) VALUES (:outageId, :grantId, :nowPaused)
       ON CONFLICT (grant_id, outage_id) DO UPDATE SET seconds = excluded.seconds`,
    ).run({ outageId, grantId, nowPaused })
    setWholeEnd(db, grant, wholeEndMs(grant) - (nowPaused - paused) * 1000)
  }
}
