import type { CommandContext } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'

/**
 * Since when the devices behind a router have no Internet: it cannot be reached, or it has lost its way out. One time of
 * darkness is one, whatever follows what in it.
 */
function beginDownTime(db: Db, routerId: number, reason: 'router' | 'uplink', sinceMs: number): void {
  sql(
    db,
    `UPDATE router_reach SET down_since_ms = coalesce(down_since_ms, :sinceMs), down_reason = coalesce(down_reason, :reason)
     WHERE router_id = :routerId`,
  ).run({ routerId, reason, sinceMs })
}

/**
 * It cannot be reached. While it goes on telling of who is online, it is only we who do not get in: what is behind it was in the
 * dark no earlier than it told of somebody last, and no longer than until it does so again.
 */
export function noteAway(
  { db, journal, nowMs }: CommandContext,
  routerId: number,
  interimIntervalSeconds: number,
): void {
  const { seenAtMs, downSinceMs, downReason } = sql(
    db,
    'SELECT seen_at_ms AS seenAtMs, down_since_ms AS downSinceMs, down_reason AS downReason FROM router_reach WHERE router_id = ?',
  ).get(routerId) as { seenAtMs: number | null; downSinceMs: number | null; downReason: Outage['reason'] | null }
  const heardAtMs = sql(
    db,
    'SELECT max(updated_at_ms) FROM sessions WHERE router_id = ? AND stopped_at_ms IS NULL AND updated_at_ms <= ?',
  )
    .pluck()
    .get(routerId, nowMs) as number | null
  const isHeardSince = heardAtMs !== null && heardAtMs > (downSinceMs ?? seenAtMs ?? 0)
  if (!isHeardSince) beginDownTime(db, routerId, 'router', nowMs)
  else if (downReason === 'router') endDownTime({ db, journal }, routerId, heardAtMs)
  else if (nowMs - heardAtMs > interimIntervalSeconds * 1000 + LATE_MS) beginDownTime(db, routerId, 'router', heardAtMs)
}

/** So late its accounting may be: it is sent again when it is lost. */
const LATE_MS = 60_000

/** It is reached and has a way out again. */
function endDownTime(
  { db, journal }: Pick<CommandContext, 'db' | 'journal'>,
  routerId: number,
  endedAtMs: number,
): void {
  const row = sql(
    db,
    'SELECT down_since_ms AS beganAtMs, down_reason AS reason FROM router_reach WHERE router_id = ? AND down_since_ms IS NOT NULL',
  ).get(routerId) as { beganAtMs: number; reason: 'router' | 'uplink' } | undefined
  if (!row) return
  sql(db, 'UPDATE router_reach SET down_since_ms = NULL, down_reason = NULL WHERE router_id = ?').run(routerId)
  tellOutage({ db, journal }, { routerId, ...row, endedAtMs })
}

interface Outage {
  routerId: number
  reason: 'router' | 'uplink'
  beganAtMs: number
  endedAtMs: number
}

/** Of what two things took at the same time one outage is told. */
export function tellOutage({ db, journal }: Pick<CommandContext, 'db' | 'journal'>, outage: Outage): void {
  const { routerId, endedAtMs } = outage
  const toldUntilMs = sql(db, 'SELECT down_until_ms FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  const beganAtMs = Math.max(outage.beganAtMs, (toldUntilMs as number | null) ?? 0)
  if (endedAtMs <= beganAtMs) return
  sql(db, 'UPDATE router_reach SET down_until_ms = ? WHERE router_id = ?').run(endedAtMs, routerId)
  journal.record('router.outage_ended', { ...outage, beganAtMs })
}

/** The way out, as the router tells of it; a router that never had one has not lost it. */
export function noteUplink(context: CommandContext, routerId: number, isUp: boolean): void {
  const before = sql(context.db, 'SELECT uplink FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  const uplink = isUp ? 'up' : 'down'
  if (before === undefined || before === uplink || (!isUp && before === null)) return
  sql(context.db, 'UPDATE router_reach SET uplink = ? WHERE router_id = ?').run(uplink, routerId)
  if (!isUp) {
    beginDownTime(context.db, routerId, 'uplink', context.nowMs)
    return
  }
  const online = sql(context.db, 'SELECT online FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  if (online === 1) endDownTime(context, routerId, context.nowMs)
}

/** It is there, since then. While its uplink was lost before, that is not enough. */
export function noteReached({ db, journal }: CommandContext, routerId: number, sinceMs: number): void {
  const uplink = sql(db, 'SELECT uplink FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  if (uplink !== 'down') endDownTime({ db, journal }, routerId, sinceMs)
}
