import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { grantById, remainingOf } from './grant-table.ts'
import { causeOf } from './grants.ts'

export type PauseOutcome = 'paused' | 'resumed' | 'unknown' | 'ended' | 'not-pausable' | 'no-change'

/** Stops the clock of a grant: nobody is let in, and nothing is used up, until it goes on. */
export const pauseGrant = command(
  'grants.pause',
  ({ db, journal, nowMs }, { grantId, byOperator }: { grantId: string; byOperator: boolean }): PauseOutcome => {
    const grant = grantById(db, grantId)
    if (!grant) return 'unknown'
    const left = remainingOf(grant, nowMs)
    if (left.seconds === 0 || left.bytes === 0) return 'ended'
    if (grant.pausedAtMs !== null) return 'no-change'
    if (!byOperator && grant.pausable === 0) return 'not-pausable'
    sql(db, 'UPDATE grants SET paused_at_ms = ? WHERE id = ?').run(nowMs, grantId)
    journal.record('access.paused', { ...causeOf(grant), secondsLeft: left.seconds })
    return 'paused'
  },
)

/** It goes on with exactly what was left. */
export const continueGrant = command(
  'grants.continue',
  ({ db, journal, nowMs }, { grantId }: { grantId: string }): PauseOutcome => {
    const grant = grantById(db, grantId)
    if (!grant) return 'unknown'
    if (grant.endedAtMs !== null) return 'ended'
    if (grant.pausedAtMs === null) return 'no-change'
    const expiresAtMs = grant.expiresAtMs + Math.max(0, nowMs - grant.pausedAtMs)
    sql(db, 'UPDATE grants SET paused_at_ms = NULL, expires_at_ms = ? WHERE id = ?').run(expiresAtMs, grantId)
    journal.record('access.extended', { ...causeOf(grant), expiresAtMs })
    return 'resumed'
  },
)

export const pauseCommands = [pauseGrant, continueGrant]
