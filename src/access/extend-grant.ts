import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { takeBetter } from './better-terms.ts'
import { liftPause } from './end-pause.ts'
import { type GrantOrder, logInLater, useBeforeMs } from './grant-order.ts'
import { insertPart } from './grant-parts.ts'
import { type GrantRow, grantById, isOffline } from './grant-table.ts'
import { addFairUse } from './network-terms.ts'
import { leftMsOf } from './time-left.ts'

/**
 * More is bought of a grant that is not over: time and data are added to what is left, and whatever the package has improved
 * since holds from now on.
 */
export function extendGrant(
  context: CommandContext,
  running: GrantRow,
  order: GrantOrder,
): { outcome: 'extended'; grantId: string } {
  const { db, journal, nowMs } = context
  const { source, sourceId, durationSeconds: seconds, dataLimitBytes: bytes } = order
  const grantId = running.id
  const endIfUsedNowMs = nowMs + leftMsOf(running, nowMs) + seconds * 1000
  const { pausedAtMs } = running
  // Who has paid may be online: what the holder has stopped goes on.
  if (pausedAtMs !== null && !isOffline(running)) liftPause(context, { ...running, pausedAtMs })
  insertPart(db, { source, sourceId, grantId, seconds, bytes }, nowMs)
  const staysStill = isOffline(grantById(db, grantId) ?? running)
  const expiresAtMs = staysStill ? running.expiresAtMs + seconds * 1000 : endIfUsedNowMs
  sql(
    db,
    `UPDATE grants SET expires_at_ms = :expiresAtMs, use_before_ms = :useBy, cut_ms = 0, data_limit_bytes = data_limit_bytes + :bytes
     WHERE id = :grantId`,
  ).run({ grantId, expiresAtMs, useBy: extendedWindow(running, order, nowMs, endIfUsedNowMs), bytes: bytes ?? 0 })
  takeBetter(db, running, order)
  addFairUse(context, running, order.terms?.fairUseBytes ?? 0)
  journal.record('access.extended', { source, sourceId, grantId, expiresAtMs, ...logInLater(order, nowMs) })
  return { outcome: 'extended', grantId }
}

/**
 * By when all of it must be used. What was sold to be kept may be kept; and whoever uses it without a break from now on
 * loses nothing that was paid for.
 */
function extendedWindow(running: GrantRow, order: GrantOrder, nowMs: number, endIfUsedNowMs: number): number | null {
  const ofThis = useBeforeMs(order, nowMs)
  if (running.useBeforeMs === null || ofThis === null) return null
  return Math.max(running.useBeforeMs, ofThis, endIfUsedNowMs)
}
