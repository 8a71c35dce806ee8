import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { type GrantRow, grantById, withinWindow } from './grant-table.ts'

/** A time in which nobody behind this router had Internet. */
export interface Outage {
  routerId: number
  reason: 'router' | 'uplink'
  beganAtMs: number
  endedAtMs: number
}

/** The end of a session is never told later than this. */
const SETTLED_MS = 7 * 24 * 3_600_000

/** How long the grant could have been used in the outage: while its clock stood still, nothing was lost. */
export function lostSeconds(db: Db, grant: GrantRow, { beganAtMs, endedAtMs }: Outage, mostSeconds: number): number {
  const fromMs = Math.max(beganAtMs, grant.startsAtMs)
  const untilMs = Math.min(endedAtMs, grant.pausedAtMs ?? endedAtMs)
  const pausedMs = sql(
    db,
    `SELECT coalesce(sum(min(ended_at_ms, :untilMs) - max(began_at_ms, :fromMs)), 0) FROM grant_pauses
     WHERE grant_id = :grantId AND began_at_ms < :untilMs AND ended_at_ms > :fromMs`,
  )
    .pluck()
    .get({ grantId: grant.id, fromMs, untilMs }) as number
  return Math.min(mostSeconds, Math.max(0, Math.floor((untilMs - fromMs - pausedMs) / 1000)))
}

/** SQL: an outage of before the start from which its grant is counted now. No pause of it is told any more that began earlier. */
const IS_COUNTED_SINCE = `EXISTS (SELECT 1 FROM grants JOIN boots ON boots.started_at_ms = starts_at_ms
  WHERE grants.id = grant_id AND starts_at_ms > began_at_ms)`

/**
 * A pause that is told after the credit of an outage, and began before it ended, gives the same time back: it is taken off the
 * credit's. Asked for at each change of such a pause, also one that turns out to have been none.
 */
export function settleCredits({ db, nowMs }: CommandContext, grantId: string): void {
  const credits = sql(
    db,
    `SELECT outage_id AS outageId, outage_credits.seconds, outage_credits.at_ms AS atMs, coalesce(paused.seconds, 0) AS paused, router_id AS routerId, reason,
       began_at_ms AS beganAtMs, ended_at_ms AS endedAtMs
     FROM outage_credits JOIN outages ON outages.id = outage_id LEFT JOIN outage_credits_paused AS paused USING (grant_id, outage_id)
     WHERE grant_id = :grantId AND outage_credits.seconds > 0 AND outages.ended_at_ms > :sinceMs AND NOT ${IS_COUNTED_SINCE}`,
  ).all({ grantId, sinceMs: nowMs - SETTLED_MS }) as (Outage & {
    outageId: number
    seconds: number
    atMs: number
    paused: number
  })[]
  for (const { outageId, seconds, atMs, paused, ...outage } of credits) {
    const grant = grantById(db, grantId) as GrantRow
    // More than the whole outage: it had run out, and what came between was given, too.
    const hadRunOut = seconds * 1000 > outage.endedAtMs - Math.max(outage.beganAtMs, grant.startsAtMs)
    const given = hadRunOut ? { ...outage, endedAtMs: Math.max(outage.endedAtMs, atMs) } : outage
    const nowPaused = seconds - lostSeconds(db, grant, given, seconds)
    if (nowPaused === paused) continue
    sql(
      db,
      `INSERT INTO outage_credits_paused (outage_id, grant_id, seconds) VALUES (:outageId, :grantId, :nowPaused)
       ON CONFLICT (grant_id, outage_id) DO UPDATE SET seconds = excluded.seconds`,
    ).run({ outageId, grantId, nowPaused })
    sql(db, 'UPDATE grants SET expires_at_ms = ? WHERE id = ?').run(
      Math.max(grant.startsAtMs + 1, withinWindow(grant, grant.expiresAtMs - (nowPaused - paused) * 1000)),
      grantId,
    )
  }
}
