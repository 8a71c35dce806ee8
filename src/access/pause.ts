import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { liftPause } from './end-pause.ts'
import { causeOf, grantById, isOffline } from './grant-table.ts'
import { subscriptionOfGrant } from './subscription-table.ts'
import { leftOf } from './time-left.ts'

export type PauseOutcome =
  | 'paused'
  | 'resumed'
  | 'unknown'
  | 'ended'
  | 'not-pausable'
  | 'no-change'
  /** By an operator, who alone lets it go on. */
  | 'paused-by-operator'

interface PauseOrder {
  grantId: string
  byOperator: boolean
}

/** Stops the clock of a grant: nobody is let in, and nothing is used up, until it goes on. A subscription is suspended instead. */
export const pauseGrant = command(
  'grants.pause',
  ({ db, journal, nowMs }, { grantId, byOperator }: PauseOrder): PauseOutcome => {
    const grant = grantById(db, grantId)
    if (!grant) return 'unknown'
    const left = leftOf(db, grant, nowMs)
    if (left.seconds === 0 || left.bytes === 0) return 'ended'
    const isPausable = byOperator || grant.pausable === 1
    if (!isPausable || subscriptionOfGrant(db, grantId)) return 'not-pausable'
    if (byOperator) sql(db, "UPDATE grants SET paused_by = 'operator' WHERE id = ?").run(grantId)
    if (grant.pausedAtMs !== null) return 'no-change'
    sql(db, "UPDATE grants SET paused_at_ms = ?, paused_by = coalesce(paused_by, 'holder') WHERE id = ?").run(
      nowMs,
      grantId,
    )
    journal.record('access.paused', { ...causeOf(grant), secondsLeft: left.seconds, isOffline: false })
    return 'paused'
  },
)

/** It goes on with exactly what was left, or with what of it may still be used. */
export const continueGrant = command(
  'grants.continue',
  (context, { grantId, byOperator }: PauseOrder): PauseOutcome => {
    const { db, journal } = context
    const grant = grantById(db, grantId)
    if (!grant) return 'unknown'
    if (grant.endedAtMs !== null) return 'ended'
    // Nobody has stopped it: whoever is online next lets it go on.
    if (grant.pausedAtMs === null || isOffline(grant)) return 'no-change'
    if (grant.pausedBy === 'operator' && !byOperator) return 'paused-by-operator'
    const expiresAtMs = liftPause(context, { ...grant, pausedAtMs: grant.pausedAtMs })
    journal.record('access.extended', { ...causeOf(grant), expiresAtMs })
    return 'resumed'
  },
)

export const pauseCommands = [pauseGrant, continueGrant]
