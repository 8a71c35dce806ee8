import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { causeOf, type GrantRow, grantById } from './grant-table.ts'

/** The user exists where the site's router looks for it: in RADIUS, from the start, or on the router itself in `local` mode. */
export const noteUserCreated = command(
  'grants.note-user-created',
  ({ db, journal, nowMs }, { grantId }: { grantId: string }) => {
    const grant = grantById(db, grantId)
    if (!grant || grant.userCreatedAtMs !== null) return
    sql(db, 'UPDATE grants SET user_created_at_ms = ? WHERE id = ?').run(nowMs, grantId)
    journal.record('hotspot_user.created', { ...causeOf(grant), phoneNumber: grant.phoneNumber })
  },
)

/** The customer is online for the first time with this grant. */
export const noteOnline = command(
  'grants.note-online',
  (context, { grantId, routerId }: { grantId: string; routerId: number | null }) => {
    const grant = grantById(context.db, grantId)
    if (grant) recordOnline(context, grant, routerId, 'router')
  },
)

export function recordOnline(
  { db, journal, nowMs }: CommandContext,
  grant: GrantRow,
  routerId: number | null,
  by: 'router' | 'accounting',
): void {
  if (grant.onlineAtMs !== null) return
  sql(db, 'UPDATE grants SET online_at_ms = ?, router_id = coalesce(router_id, ?) WHERE id = ?').run(
    nowMs,
    routerId,
    grant.id,
  )
  journal.record('access.online', { ...causeOf(grant), routerId, by })
}
