import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { goOn } from './go-on.ts'
import { causeOf, grantById, isOffline } from './grant-table.ts'
import { settleCredits } from './settle-credits.ts'
import { leftOf } from './time-left.ts'
import { isAnybodyOnline } from './who-is-online.ts'

/** Where the package says so, a grant's clock runs only while somebody is online with it. */

/** A session ended at `endedAtMs`: when none is left, the clock stands still since the last of them ended. */
export function pauseIfOffline(context: CommandContext, grantId: string, endedAtMs: number): void {
  const { db, journal, nowMs } = context
  const grant = grantById(db, grantId)
  if (grant?.pausesOffline !== 1 || grant.endedAtMs !== null || grant.pausedAtMs !== null) return
  if (isAnybodyOnline(context, grantId)) return
  // Not before it last went on: that time is counted already.
  const wentOnAtMs = sql(db, 'SELECT max(ended_at_ms) FROM grant_pauses WHERE grant_id = ?').pluck().get(grantId)
  const fromMs = Math.max(grant.startsAtMs, (wentOnAtMs as number | null) ?? 0)
  const ends = 'SELECT coalesce(max(stopped_at_ms), 0) FROM sessions WHERE grant_id = ? AND stopped_at_ms <= ?'
  const lastEndMs = sql(db, ends).pluck().get(grantId, nowMs) as number
  const pausedAtMs = Math.min(nowMs, Math.max(endedAtMs, lastEndMs, fromMs))
  const left = leftOf(db, { ...grant, pausedAtMs }, nowMs)
  if (left.seconds === 0 || left.bytes === 0) return
  sql(db, 'UPDATE grants SET paused_at_ms = ?, paused_by = NULL WHERE id = ?').run(pausedAtMs, grantId)
  settleCredits(context, grantId)
  const { seconds: secondsLeft } = leftOf(db, grantById(db, grantId) ?? grant, nowMs)
  journal.record('access.paused', { ...causeOf(grant), secondsLeft, isOffline: true })
}

/** Somebody has been online with it since `startedAtMs`: it goes on with exactly what was left, or with what of it may still be used. */
export function continueOnline(context: CommandContext, grantId: string, startedAtMs: number): void {
  const { db, journal, nowMs } = context
  const grant = grantById(db, grantId)
  if (!grant || grant.pausedAtMs === null || grant.endedAtMs !== null || !isOffline(grant)) return
  const { pausedAtMs } = grant
  // Not before it stopped, though a clock that was set back says so.
  const wentOnAtMs = Math.max(pausedAtMs, Math.min(nowMs, startedAtMs))
  goOn(db, { ...grant, pausedAtMs }, wentOnAtMs)
  settleCredits(context, grantId)
  const { expiresAtMs } = grantById(db, grantId) ?? grant
  journal.record('access.continued', { ...causeOf(grant), expiresAtMs })
}
