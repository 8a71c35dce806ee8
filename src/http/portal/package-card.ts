import type { PackageCard } from '../../../portal/customer/pay-form.tsx'
import type { PackageRow } from '../../billing/package-table.ts'

/** A package as the portal's button shows it. */
export const cardOf = (row: PackageRow): PackageCard => ({
  id: row.id,
  name: row.name,
  priceCents: row.priceCents,
  currency: row.currency,
  durationSeconds: row.durationSeconds,
  dataLimitBytes: row.dataLimitBytes ?? undefined,
  downKbps: row.downKbps ?? undefined,
  deviceLimit: row.deviceLimit,
})
