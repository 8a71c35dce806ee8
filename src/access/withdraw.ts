import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type GrantSource, grantOf } from './grant-table.ts'
import { causeOf, endGrant } from './grants.ts'

/** What opened the access is taken back. */
export const withdrawGrant = command(
  'grants.withdraw',
  (context, { source, sourceId }: { source: GrantSource; sourceId: string }) => {
    const grant = grantOf(context.db, source, sourceId)
    if (grant) endGrant(context, grant, 'revoked')
  },
)

/** It stands after all: the time that was withdrawn is given again. */
export const restoreGrant = command(
  'grants.restore',
  ({ db, journal, nowMs }, { source, sourceId }: { source: GrantSource; sourceId: string }) => {
    const grant = grantOf(db, source, sourceId)
    if (!grant || grant.endedAtMs === null || grant.endReason !== 'revoked') return
    const expiresAtMs = Math.max(grant.expiresAtMs, grant.endedAtMs) + (nowMs - grant.endedAtMs)
    sql(db, 'UPDATE grants SET ended_at_ms = NULL, end_reason = NULL, expires_at_ms = ? WHERE id = ?').run(
      expiresAtMs,
      grant.id,
    )
    journal.record('access.granted', { ...causeOf(grant), expiresAtMs })
  },
)

export const withdrawCommands = [withdrawGrant, restoreGrant]
