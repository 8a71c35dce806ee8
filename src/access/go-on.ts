import { type Db, sql } from '../store/database.ts'
import type { GrantRow } from './grant-table.ts'
import { setWholeEnd, wholeEndMs } from './whole-end.ts'

type PausedGrant = Pick<GrantRow, 'id' | 'startsAtMs' | 'expiresAtMs' | 'cutMs' | 'useBeforeMs'> & {
  pausedAtMs: number
}

/** The clock of a grant goes on at `atMs` with exactly what was left, or with what of it may still be used. Returns its end from now on. */
export function goOn(db: Db, grant: PausedGrant, atMs: number): number {
  const { id: grantId, pausedAtMs } = grant
  sql(db, 'UPDATE grants SET paused_at_ms = NULL, paused_by = NULL WHERE id = ?').run(grantId)
  keepPause(db, { grantId, beganAtMs: pausedAtMs, endedAtMs: atMs })
  return setWholeEnd(db, grant, wholeEndMs(grant) + Math.max(0, atMs - pausedAtMs))
}

/**
 * A time in which a grant could not be used, paused or over, is kept: an outage of the same time is told later, and gives back only
 * what that did not.
 */
export function keepPause(db: Db, pause: { grantId: string; beganAtMs: number; endedAtMs: number }): void {
  sql(
    db,
    `INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms) SELECT :grantId, :beganAtMs, :endedAtMs
     WHERE :endedAtMs > :beganAtMs`,
  ).run(pause)
}
