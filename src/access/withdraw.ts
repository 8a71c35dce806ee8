import { type CommandContext, command } from '../flow/command.ts'
import { judgedAtMs } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { countFromThisStart } from './count-from-this-start.ts'
import { endGrant } from './end-grant.ts'
import { type GrantPart, lastWithdrawnMs, partOf, setWithdrawn, standingParts } from './grant-parts.ts'
import { causeOf, type GrantRow, type GrantSource, grantById, leftOf, withinWindow } from './grant-table.ts'
import { pauseIfOffline } from './offline-pause.ts'
import { wasAnybodyOnline } from './who-is-online.ts'

interface Cause {
  source: GrantSource
  sourceId: string
}

/** What a payment gave is taken back: its time and data, and the access when nothing else stands behind it. */
export const withdrawGrant = command('grants.withdraw', (context, { source, sourceId }: Cause) => {
  const { db, journal, nowMs } = context
  const part = partOf(db, source, sourceId)
  const grant = part && grantById(db, part.grantId)
  if (!part || !grant || part.withdrawnAtMs !== null) return
  setWithdrawn(db, part, nowMs)
  if (grant.endedAtMs !== null) return
  const { expiresAtMs } = add(context, grant, part, -1)
  if (standingParts(db, grant.id) === 0) endGrant(context, grant, 'revoked')
  else journal.record('access.extended', { ...causeOf(grant), expiresAtMs })
})

/** What was withdrawn stands after all, with all that was left of it then, and as long to use it. */
export const restoreGrant = command('grants.restore', (context, { source, sourceId }: Cause) => {
  const { db, journal, nowMs } = context
  const part = partOf(db, source, sourceId)
  const grant = part && grantById(db, part.grantId)
  if (!part || !grant || part.withdrawnAtMs === null) return
  const missedMs = missedSince(context, grant, part.withdrawnAtMs)
  setWithdrawn(db, part, null)
  if (missedMs === undefined) return
  const back = add(context, grant, part, 1, missedMs)
  if (leftOf(db, { ...back, endedAtMs: null }, nowMs).seconds === 0) return
  sql(db, 'UPDATE grants SET ended_at_ms = NULL, end_reason = NULL WHERE id = ?').run(grant.id)
  const laterMs = grant.endedAtMs !== null && grant.pausedAtMs === null ? countFromThisStart(context, grant) : 0
  journal.record('access.extended', { source, sourceId, grantId: grant.id, expiresAtMs: back.expiresAtMs + laterMs })
  // Its sessions ended when it was over.
  if (wasAnybodyOnline(db, grant.id)) pauseIfOffline(context, grant.id, nowMs)
})

/** How long the grant was over only because something was withdrawn; undefined when it is over for another reason. */
function missedSince(context: CommandContext, grant: GrantRow, withdrawnAtMs: number): number | undefined {
  const { endedAtMs, endReason, expiresAtMs } = grant
  if (endedAtMs === null) return 0
  const since = (atMs: number) => judgedAtMs(context, atMs) - atMs
  // Else somebody has ended it by hand.
  if (endReason === 'revoked') return lastWithdrawnMs(context.db, grant.id) === endedAtMs ? since(endedAtMs) : undefined
  if (endedAtMs <= withdrawnAtMs) return undefined
  // That it was over is written down a little later.
  const overAtMs = endReason === 'time-used' ? Math.max(expiresAtMs, withdrawnAtMs) : endedAtMs
  return since(Math.min(overAtMs, endedAtMs))
}

/**
 * Adds (1) or takes away (-1) what a part gives. For `missedMs` the grant could not be used: the time to use it moves by that,
 * and so does its end unless its clock stands still.
 */
function add({ db }: CommandContext, grant: GrantRow, part: GrantPart, sign: 1 | -1, missedMs = 0): GrantRow {
  const useBeforeMs = grant.useBeforeMs === null ? null : grant.useBeforeMs + missedMs
  const laterMs = sign * part.seconds * 1000 + (grant.pausedAtMs === null ? missedMs : 0)
  const after = {
    ...grant,
    useBeforeMs,
    expiresAtMs: Math.max(grant.startsAtMs + 1, withinWindow({ useBeforeMs }, grant.expiresAtMs + laterMs)),
    dataLimitBytes: grant.dataLimitBytes === null ? null : Math.max(0, grant.dataLimitBytes + sign * (part.bytes ?? 0)),
  }
  sql(
    db,
    'UPDATE grants SET expires_at_ms = :expiresAtMs, use_before_ms = :useBeforeMs, data_limit_bytes = :dataLimitBytes WHERE id = :id',
  ).run(after)
  return after
}

export const withdrawCommands = [withdrawGrant, restoreGrant]
