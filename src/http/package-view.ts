import type { PackageRow } from '../billing/package-table.ts'

/** A package as customers see it. */
export function packageView(row: PackageRow) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    type: row.type,
    price_cents: row.priceCents,
    currency: row.currency,
    duration_seconds: row.durationSeconds,
    data_limit_bytes: row.dataLimitBytes,
    down_kbps: row.downKbps,
    up_kbps: row.upKbps,
    device_limit: row.deviceLimit,
  }
}

/** With what only operators see. */
export function packageForOperator(row: PackageRow) {
  const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString())
  return {
    ...packageView(row),
    active: row.active === 1,
    hidden: row.hidden === 1,
    grace_days: row.graceDays,
    scheduled_activation_at: iso(row.scheduledActivationAtMs),
    scheduled_deactivation_at: iso(row.scheduledDeactivationAtMs),
  }
}
