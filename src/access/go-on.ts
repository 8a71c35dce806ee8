import { type Db, sql } from '../store/database.ts'
import { type GrantRow, withinWindow } from './grant-table.ts'

type PausedGrant = Pick<GrantRow, 'id' | 'expiresAtMs' | 'useBeforeMs'> & { pausedAtMs: number }

/**
 * The clock of a grant goes on at `atMs` with exactly what was left, or with what of it may still be used. Returns its end from
 * now on. The pause is kept: an outage of the same time is told later, and gives back only what the pause did not.
 */
export function goOn(db: Db, grant: PausedGrant, atMs: number): number {
  const { id: grantId, pausedAtMs } = grant
  const wholeEndMs = grant.expiresAtMs + Math.max(0, atMs - pausedAtMs)
  const expiresAtMs = withinWindow(grant, wholeEndMs)
  sql(db, 'UPDATE grants SET paused_at_ms = NULL, paused_by = NULL, expires_at_ms = ? WHERE id = ?').run(
    expiresAtMs,
    grantId,
  )
  sql(
    db,
    `INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms, cut_ms) SELECT :grantId, :pausedAtMs, :atMs, :cutMs
     WHERE :atMs > :pausedAtMs`,
  ).run({ grantId, pausedAtMs, atMs, cutMs: wholeEndMs - expiresAtMs })
  return expiresAtMs
}
