import type { PackageRow } from '../billing/package-table.ts'

/** A package as customers and operators see it. */
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
