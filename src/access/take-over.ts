import type { CommandContext } from '../flow/command.ts'
import { judgedAtMs } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { noteAskedFrom } from './asked-from.ts'
import { endGrant } from './end-grant.ts'
import { judgeByEnd } from './ends-by.ts'
import { extendGrant } from './extend-grant.ts'
import { type GrantOrder, useBeforeMs } from './grant-order.ts'
import { insertPart } from './grant-parts.ts'
import type { GrantRow } from './grant-table.ts'
import { writeTerms } from './network-terms.ts'
import { isOver, overSinceMs } from './over-since.ts'
import { useFromNow } from './use-from-now.ts'
import { setWholeEnd } from './whole-end.ts'

/**
 * The grant that was given on trust becomes what was bought: its sessions go on, and the time and data that were used on trust
 * count as used. If the order extends another grant (`running`), the one given on trust ends, and only the rest is added.
 */
export function takeOver(
  context: CommandContext,
  provisional: GrantRow,
  order: GrantOrder,
  running: GrantRow | undefined,
): { outcome: 'opened' | 'extended'; grantId: string } {
  const { db, journal, nowMs } = context
  const { source, sourceId, durationSeconds, dataLimitBytes } = order
  const usedSeconds = Math.ceil(usedMs(context, provisional) / 1000)
  const seconds = Math.max(1, durationSeconds - usedSeconds)
  if (running) {
    endGrant(context, provisional, 'revoked')
    const bytesLeft = dataLimitBytes === null ? null : Math.max(1, dataLimitBytes - provisional.usedBytes)
    return extendGrant(context, running, { ...order, durationSeconds: seconds, dataLimitBytes: bytesLeft })
  }
  const stoppedAtMs =
    provisional.pausedAtMs ?? (isOver(context, provisional) ? overSinceMs(context, provisional) : nowMs)
  const grantId = provisional.id
  // Both ends stay by their clocks until it is counted from now.
  const endMs = judgeByEnd(context, provisional).judgedMs + seconds * 1000
  const useBy = useBeforeMs(order, judgedAtMs(context, provisional.startsAtMs) - usedSeconds * 1000)
  sql(
    db,
    `UPDATE grants SET data_limit_bytes = :dataLimitBytes, down_kbps = :downKbps, up_kbps = :upKbps,
       device_limit = :deviceLimit, phone_number = :phoneNumber, pausable = :pausable, pauses_offline = :pausesOffline, user_created_at_ms = NULL, online_at_ms = NULL,
       ended_at_ms = NULL, end_reason = NULL, revoked_by_hand = 0, paused_at_ms = NULL, paused_by = NULL WHERE id = :grantId`,
  ).run({
    ...{ grantId, dataLimitBytes },
    ...{ pausable: order.pausable ? 1 : 0, pausesOffline: order.pausesOffline ? 1 : 0 },
    ...{ downKbps: order.downKbps, upKbps: order.upKbps },
    ...{ deviceLimit: order.deviceLimit, phoneNumber: order.phoneNumber },
  })
  setWholeEnd(db, { ...provisional, useBeforeMs: useBy }, endMs)
  const expiresAtMs = useFromNow(context, grantId, stoppedAtMs)
  noteAskedFrom(context, grantId, order)
  if (order.terms) writeTerms(db, grantId, order.terms)
  insertPart(db, { source, sourceId, grantId, seconds, bytes: dataLimitBytes }, nowMs)
  journal.record('access.granted', { source, sourceId, grantId, expiresAtMs })
  // The speed of who is online already.
  journal.record('access.terms_changed', { grantId, needsNewLogin: false })
  return { outcome: 'opened', grantId }
}

/** How long it was used on trust, by the clock by which it ends: what it was paused meanwhile has made that later. */
function usedMs(context: CommandContext, { id, startsAtMs, endedAtMs, pausedAtMs, expiresAtMs }: GrantRow): number {
  const judged = judgeByEnd(context, { id, pausedAtMs: pausedAtMs ?? endedAtMs })
  const untilMs = Math.min(judged.pausedAtMs ?? judged.judgedMs, expiresAtMs)
  const paused = 'SELECT coalesce(sum(ended_at_ms - began_at_ms), 0) FROM grant_pauses WHERE grant_id = ?'
  return Math.max(0, untilMs - startsAtMs - (sql(context.db, paused).pluck().get(id) as number))
}
