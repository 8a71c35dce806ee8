import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { goOn } from './go-on.ts'
import type { GrantRow } from './grant-table.ts'
import { isAnybodyOnline, wasAnybodyOnline } from './who-is-online.ts'

/**
 * What somebody had stopped goes on: at once, or with whoever is online next where the clock runs only then. Returns its end as
 * far as it is known.
 */
export function liftPause(context: CommandContext, grant: GrantRow & { pausedAtMs: number }): number {
  const { db, nowMs } = context
  // Before the first login it runs like any other.
  const waits = grant.pausesOffline === 1 && wasAnybodyOnline(db, grant.id) && !isAnybodyOnline(context, grant.id)
  if (!waits) return goOn(db, grant, nowMs)
  sql(db, 'UPDATE grants SET paused_by = NULL WHERE id = ?').run(grant.id)
  return grant.expiresAtMs
}
