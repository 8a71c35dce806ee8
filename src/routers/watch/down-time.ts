import type { CommandContext } from '../../flow/command.ts'
import { sql } from '../../store/database.ts'

/**
 * Since when the devices behind a router have no Internet: it cannot be reached, or it has lost its way out. One time of
 * darkness is one, whatever follows what in it.
 */
export function beginDownTime({ db, nowMs }: CommandContext, routerId: number, reason: 'router' | 'uplink'): void {
  sql(
    db,
    `UPDATE router_reach SET down_since_ms = coalesce(down_since_ms, :nowMs), down_reason = coalesce(down_reason, :reason)
     WHERE router_id = :routerId`,
  ).run({ routerId, reason, nowMs })
}

/** It is reached and has a way out again. */
function endDownTime(context: CommandContext, routerId: number): void {
  const row = sql(
    context.db,
    'SELECT down_since_ms AS beganAtMs, down_reason AS reason FROM router_reach WHERE router_id = ? AND down_since_ms IS NOT NULL',
  ).get(routerId) as { beganAtMs: number; reason: 'router' | 'uplink' } | undefined
  if (!row) return
  sql(context.db, 'UPDATE router_reach SET down_since_ms = NULL, down_reason = NULL WHERE router_id = ?').run(routerId)
  tellOutage(context, { routerId, ...row, endedAtMs: context.nowMs })
}

interface Outage {
  routerId: number
  reason: 'router' | 'uplink'
  beganAtMs: number
  endedAtMs: number
}

export function tellOutage({ journal }: CommandContext, outage: Outage): void {
  if (outage.endedAtMs > outage.beganAtMs) journal.record('router.outage_ended', outage)
}

/** The way out, as the router tells of it; a router that never had one has not lost it. */
export function noteUplink(context: CommandContext, routerId: number, isUp: boolean): void {
  const before = sql(context.db, 'SELECT uplink FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  const uplink = isUp ? 'up' : 'down'
  if (before === undefined || before === uplink || (!isUp && before === null)) return
  sql(context.db, 'UPDATE router_reach SET uplink = ? WHERE router_id = ?').run(uplink, routerId)
  if (!isUp) {
    beginDownTime(context, routerId, 'uplink')
    return
  }
  const online = sql(context.db, 'SELECT online FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  if (online === 1) endDownTime(context, routerId)
}

/** While its uplink was lost before, being reached is not enough. */
export function noteReached(context: CommandContext, routerId: number): void {
  const uplink = sql(context.db, 'SELECT uplink FROM router_reach WHERE router_id = ?').pluck().get(routerId)
  if (uplink !== 'down') endDownTime(context, routerId)
}
