import { type CommandContext, command } from '../flow/command.ts'
import { judgedAtMs } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { countFromThisStart } from './count-from-this-start.ts'
import { endsByMs, type GrantRow, grantById, leftOf, withinWindow } from './grant-table.ts'
import { causeOf } from './grants.ts'

/** A time in which nobody behind this router had Internet. */
export interface Outage {
  routerId: number
  reason: 'router' | 'uplink'
  beganAtMs: number
  endedAtMs: number
}

/** `more`: there may be others, ask again. */
interface CreditOutcome {
  outcome: 'credited' | 'nothing'
  credited: number
  more: boolean
}

/** No session's end is told later than that. */
const SETTLED_MS = 7 * 24 * 3_600_000

/** At most so many in one commit. */
const BATCH = 200

/**
 * Gives the time that was lost back: to what ran when it was lost, also when it ran out meanwhile. Each outage counts once for a
 * grant, and at most `mostSeconds`, and never past the time to use it. A paused grant
 * lost nothing; a subscription is paid by the day.
 */
export const creditOutage = command(
  'grants.credit-outage',
  (context, { outage, mostSeconds }: { outage: Outage; mostSeconds: number }): CreditOutcome => {
    const outageId = outageIdOf(context.db, outage)
    const due = grantsToCredit(context.db, outageId, outage)
    let credited = 0
    for (const grantId of due) {
      const grant = grantById(context.db, grantId) as GrantRow
      if (giveBack(context, grant, outageId, lostSeconds(context.db, grant, runIn(grant, outage), mostSeconds)) > 0)
        credited += 1
    }
    return { outcome: credited > 0 ? 'credited' : 'nothing', credited, more: due.length === BATCH }
  },
)

function outageIdOf(db: Db, outage: Outage): number {
  sql(
    db,
    `INSERT INTO outages (router_id, reason, began_at_ms, ended_at_ms) VALUES (:routerId, :reason, :beganAtMs, :endedAtMs)
     ON CONFLICT (router_id, began_at_ms) DO NOTHING`,
  ).run(outage)
  const find = 'SELECT id FROM outages WHERE router_id = :routerId AND began_at_ms = :beganAtMs'
  return sql(db, find).pluck().get(outage) as number
}

/**
 * By where they were used last; what was never used belongs to the only router, if there is only one. Something must stand behind
 * them: not what was refunded, and not what was let out on trust and never paid.
 */
function grantsToCredit(db: Db, outageId: number, outage: Outage): string[] {
  return sql(
    db,
    `SELECT id FROM grants WHERE expires_at_ms > :beganAtMs AND starts_at_ms < :endedAtMs
       AND (ended_at_ms IS NULL OR (end_reason = 'time-used' AND ended_at_ms >= :beganAtMs))
       AND (paused_at_ms IS NULL OR paused_at_ms > :beganAtMs)
       AND coalesce((SELECT router_id FROM sessions WHERE grant_id = grants.id ORDER BY id DESC LIMIT 1), router_id,
         iif((SELECT count(*) FROM routers) = 1, :routerId, NULL)) = :routerId
       AND EXISTS (SELECT 1 FROM grant_parts WHERE grant_id = grants.id AND withdrawn_at_ms IS NULL)
       AND id NOT IN (SELECT grant_id FROM subscriptions)
       AND NOT EXISTS (SELECT 1 FROM outage_credits WHERE outage_id = :outageId AND grant_id = grants.id)
     LIMIT ${BATCH}`,
  )
    .pluck()
    .all({ ...outage, outageId }) as string[]
}

/** The time in which it could have been used: while its clock stood still, nothing was lost. */
function lostSeconds(db: Db, grant: GrantRow, { beganAtMs, endedAtMs }: Outage, mostSeconds: number): number {
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

/** The part of an outage before its time ran out: only that was lost. */
const runIn = ({ pausedAtMs, expiresAtMs }: GrantRow, outage: Outage): Outage =>
  pausedAtMs === null ? { ...outage, endedAtMs: Math.min(outage.endedAtMs, expiresAtMs) } : outage

/** Returns by how much its end came later: by nothing where it would be over all the same. What had run out is there from now on. */
function giveBack(context: CommandContext, grant: GrantRow, outageId: number, lost: number): number {
  const { db, journal, nowMs } = context
  const fromMs = grant.pausedAtMs === null ? judgedAtMs(context, endsByMs(db, grant.id)) : grant.expiresAtMs
  const expiresAtMs = withinWindow(grant, Math.max(grant.expiresAtMs, fromMs) + lost * 1000)
  const isOver = lost === 0 || leftOf(db, { ...grant, expiresAtMs, endedAtMs: null }, nowMs).seconds === 0
  const seconds = isOver ? 0 : Math.floor((expiresAtMs - grant.expiresAtMs) / 1000)
  sql(db, 'INSERT INTO outage_credits (outage_id, grant_id, seconds, at_ms) VALUES (?, ?, ?, ?)').run(
    ...[outageId, grant.id, seconds, nowMs],
  )
  if (seconds === 0) return 0
  sql(db, 'UPDATE grants SET expires_at_ms = ?, ended_at_ms = NULL, end_reason = NULL WHERE id = ?').run(
    expiresAtMs,
    grant.id,
  )
  const laterMs = grant.endedAtMs === null ? 0 : countFromThisStart(context, grant)
  journal.record('access.credited', { ...causeOf(grant), expiresAtMs: expiresAtMs + laterMs, seconds, outageId })
  return seconds
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
  ).all({ grantId, sinceMs: nowMs - SETTLED_MS }) as (Outage & { outageId: number; seconds: number; atMs: number; paused: number })[]
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

/** What was lost and given back, newest first. */
export interface OutageRow extends Outage {
  id: number
  grants: number
  seconds: number
}

export function recentOutages(db: Db, limit: number, beforeId = Number.MAX_SAFE_INTEGER): OutageRow[] {
  return sql(
    db,
    `SELECT id, router_id AS routerId, reason, began_at_ms AS beganAtMs, ended_at_ms AS endedAtMs,
       (SELECT count(*) FROM outage_credits WHERE outage_id = outages.id AND seconds > 0) AS grants,
       (SELECT coalesce(sum(seconds), 0) FROM outage_credits WHERE outage_id = outages.id)
         - (SELECT coalesce(sum(paused.seconds), 0) FROM outage_credits JOIN outage_credits_paused AS paused USING (grant_id, outage_id)
            WHERE outage_id = outages.id) AS seconds
     FROM outages WHERE id < ? ORDER BY id DESC LIMIT ?`,
  ).all(beforeId, limit) as OutageRow[]
}
