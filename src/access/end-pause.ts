import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type GrantRow, withinWindow } from './grant-table.ts'
import { isAnybodyOnline, wasAnybodyOnline } from './who-is-online.ts'

/** Its clock goes on with exactly what was left, or with what of it may still be used. Returns its end from now on. */
function endPause({ db, nowMs }: CommandContext, grant: GrantRow & { pausedAtMs: number }): number {
  const { id: grantId, pausedAtMs } = grant
  const expiresAtMs = withinWindow(grant, grant.expiresAtMs + Math.max(0, nowMs - pausedAtMs))
  sql(db, 'UPDATE grants SET paused_at_ms = NULL, paused_by = NULL, expires_at_ms = ? WHERE id = ?').run(
    expiresAtMs,
    grantId,
  )
  // An outage of the same time is told later, and gives back only what the pause did not.
  sql(
    db,
    'INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms) SELECT :grantId, :pausedAtMs, :nowMs WHERE :nowMs > :pausedAtMs',
  ).run({ grantId, pausedAtMs, nowMs })
  return expiresAtMs
}

/**
 * What somebody had stopped goes on: at once, or with whoever is online next where the clock runs only then. Returns its end as
 * far as it is known.
 */
export function liftPause(context: CommandContext, grant: GrantRow & { pausedAtMs: number }): number {
  const { db } = context
  // Before the first login it runs like any other.
  const waits = grant.pausesOffline === 1 && wasAnybodyOnline(db, grant.id) && !isAnybodyOnline(context, grant.id)
  if (!waits) return endPause(context, grant)
  sql(db, 'UPDATE grants SET paused_by = NULL WHERE id = ?').run(grant.id)
  return grant.expiresAtMs
}
