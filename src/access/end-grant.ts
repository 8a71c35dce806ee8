import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { causeOf, type EndReason, type GrantRow, grantById, overdueGrants } from './grant-table.ts'

/** Ends a grant for good: RADIUS says no from this commit on. A grant that has ended keeps its first reason. */
export function endGrant({ db, journal, nowMs }: CommandContext, grant: GrantRow, reason: EndReason): void {
  if (grant.endedAtMs !== null) return
  sql(db, 'UPDATE grants SET ended_at_ms = ?, end_reason = ? WHERE id = ?').run(nowMs, reason, grant.id)
  journal.record('access.ended', { ...causeOf(grant), reason })
}

/** For good, also what is over already, and might come back. */
export const revokeGrant = command(
  'grants.revoke',
  (context, { grantId }: { grantId: string }): 'revoked' | 'unknown' => {
    const grant = grantById(context.db, grantId)
    if (!grant) return 'unknown'
    endGrant(context, grant, 'revoked')
    sql(context.db, 'UPDATE grants SET revoked_by_hand = 1 WHERE id = ?').run(grantId)
    return 'revoked'
  },
)

/**
 * Ends grants that have used up their time, or were kept longer than they may be. At most 200 in one commit; `more` says to ask
 * again. While the clock is not trusted, a grant from before this start ends only when it is over even at the earliest time that
 * it may be now by the clock under which it began.
 */
export const endOverdueGrants = command('grants.end-overdue', (context, _input: Record<string, never>) => {
  const { db, nowMs } = context
  const overdue = overdueGrants(db, { nowMs, limit: 200 })
  for (const grantId of overdue) endGrant(context, grantById(db, grantId) as GrantRow, 'time-used')
  return { ended: overdue.length, more: overdue.length === 200 }
})
