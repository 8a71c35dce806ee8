import { type CommandContext, command } from '../../flow/command.ts'
import { isTimeTrusted } from '../../flow/time-trust.ts'
import { sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import { noteAway, noteReached, tellOutage } from './down-time.ts'
import { type ReachRow, reachOf } from './reach-table.ts'
import type { CheckOutcome } from './router-check.ts'

interface Look {
  routerId: number
  check: CheckOutcome
  /** How often it tells of who is online, whether it answers us or not. */
  interimIntervalSeconds: number
}

/** Writes down how a router was found. What it is provisioned for is another matter, and stays as it is. */
export const noteCheck = command('routers.note-check', (context, { routerId, check, interimIntervalSeconds }: Look) => {
  const { db, journal, queue, nowMs } = context
  const router = routerById(db, routerId)
  if (!router) return
  const before = reachOf(db, routerId)
  // One that answers every look may be too unwell for its jobs: those must not begin anew with each.
  if (check.online && before?.online !== 1) queue.holds.targetBack(`router ${routerId}`)
  const uptimeSeconds = check.online ? check.uptimeSeconds : null
  // Counted by the router itself, so that a clock that was set here cannot pretend a restart.
  const rebooted =
    check.online &&
    uptimeSeconds !== null &&
    before?.uptimeSeconds !== undefined &&
    before.uptimeSeconds !== null &&
    uptimeSeconds < before.uptimeSeconds
  const changed = before === undefined || (before.online === 1) !== check.online
  sql(
    db,
    `INSERT INTO router_reach (router_id, online, reason, uptime_seconds, checked_at_ms, changed_at_ms, seen_at_ms)
       VALUES (:routerId, :online, :reason, :uptimeSeconds, :nowMs, :nowMs, :seenAtMs)
       ON CONFLICT (router_id) DO UPDATE SET online = excluded.online, reason = excluded.reason, checked_at_ms = excluded.checked_at_ms,
         uptime_seconds = coalesce(excluded.uptime_seconds, uptime_seconds),
         seen_at_ms = coalesce(excluded.seen_at_ms, seen_at_ms),
         changed_at_ms = CASE WHEN online <> excluded.online THEN excluded.changed_at_ms ELSE changed_at_ms END`,
  ).run({
    routerId,
    online: check.online ? 1 : 0,
    reason: check.online ? null : check.reason,
    uptimeSeconds,
    nowMs,
    seenAtMs: check.online ? nowMs : null,
  })
  if (check.online) noteRelease(db, routerId, check)
  const startedAtMs = uptimeSeconds !== null && isTimeTrusted(context) ? nowMs - uptimeSeconds * 1000 : null
  if (check.online || !check.isAway) noteReached(context, routerId, backSinceMs(before, startedAtMs) ?? nowMs)
  else if (before) noteAway(context, routerId, interimIntervalSeconds)
  // Both were without power, perhaps: it was away from when it was last seen until it started. What was down already goes on.
  const wasWell = before?.online === 1 && before.downSinceMs === null
  if (rebooted && wasWell && before.seenAtMs !== null && startedAtMs !== null)
    tellOutage(context, { routerId, reason: 'router', beganAtMs: before.seenAtMs, endedAtMs: startedAtMs })
  if (!changed && !rebooted) return
  const { name } = router
  const reason = check.online ? null : check.reason
  journal.record('router.status_updated', { routerId, name, online: check.online, rebooted, reason })
})

/** What was down and started anew since somebody looked last is back since then, however late the next look is. */
function backSinceMs(before: ReachRow | undefined, startedAtMs: number | null): number | undefined {
  if (startedAtMs === null || before === undefined || before.downSinceMs === null) return undefined
  return startedAtMs > Math.max(before.downSinceMs, before.checkedAtMs) ? startedAtMs : undefined
}

/** An upgrade shows here first. */
function noteRelease(
  db: CommandContext['db'],
  routerId: number,
  { version, model }: { version: string | null; model: string | null },
): void {
  sql(
    db,
    `UPDATE routers SET version = coalesce(:version, version), model = coalesce(model, :model)
     WHERE id = :routerId AND (version IS NOT coalesce(:version, version) OR model IS NULL)`,
  ).run({ routerId, version, model })
}
