import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { type PackageRow, packagesDue } from './package-table.ts'

/** Puts packages on and off sale at their times. A time that has been applied is cleared: it never comes back. */
export const applyTimetables = command('packages.apply-timetables', (context, _input: Record<string, never>) => {
  if (!isTimeTrusted(context)) return
  const { db, journal, nowMs } = context
  for (const row of packagesDue(db, nowMs)) {
    const { id: packageId, name } = row
    const active = activeAt(row, nowMs)
    sql(
      db,
      `UPDATE packages SET active = :active,
         scheduled_activation_at_ms = CASE WHEN scheduled_activation_at_ms > :nowMs THEN scheduled_activation_at_ms END,
         scheduled_deactivation_at_ms = CASE WHEN scheduled_deactivation_at_ms > :nowMs THEN scheduled_deactivation_at_ms END
       WHERE id = :packageId`,
    ).run({ active: active ? 1 : 0, nowMs, packageId })
    if (active !== (row.active === 1)) journal.record('package.status_changed', { packageId, name, active })
  }
})

/** After an outage both times may have passed: the later one holds. */
function activeAt(row: PackageRow, nowMs: number): boolean {
  const passed = (atMs: number | null) => (atMs !== null && atMs <= nowMs ? atMs : -1)
  return passed(row.scheduledActivationAtMs) > passed(row.scheduledDeactivationAtMs)
}
