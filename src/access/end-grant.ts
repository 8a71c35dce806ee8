import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { causeOf, type EndReason, type GrantRow, grantById, overdueGrants } from './grant-table.ts'

/** Ends a grant for good: RADIUS says no from this commit on. A grant that has ended keeps its first reason. */
export function endGrant({ db, journal, nowMs }: CommandContext, grant: GrantRow, reason: EndReason): void {
  if (grant.endedAtMs !== null) return
  sql(db, 'UPDATE grants SET ended_at_ms = ?, end_reason = ? WHERE id = ?').run(nowMs, reason, grant.id)
  journal.record('access.ended', { ...causeOf(grant), reason })
}

export const revokeGrant = command(
  'grants.revoke',
  (context, { grantId }: { grantId: string }): 'revoked' | 'unknown' => {
    const grant = grantById(context.db, grantId)
    if (!grant) return 'unknown'
    endGrant(context, grant, 'revoked')
    return 'revoked'
  },
)

/**
 * Ends what has used up its time, or was kept longer than it may be. At most 200 in one commit; `more` says to ask again. While the clock is not trusted
 * what is older than this start ends when it would be over at the earliest time that it can be by the clock of its own.
 */
export const endOverdueGrants = command('grants.end-overdue', (context, _input: Record<string, never>) => {
  const { db, nowMs } = context
  const overdue = overdueGrants(db, { nowMs, limit: 200 })
  for (const grantId of overdue) endGrant(context, grantById(db, grantId) as GrantRow, 'time-used')
  return { ended: overdue.length, more: overdue.length === 200 }
})
