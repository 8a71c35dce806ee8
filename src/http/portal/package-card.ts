import type { PackageCard } from '../../../portal/customer/pay-form.tsx'
import { type PackageRow, packagesOnSale } from '../../billing/package-table.ts'
import type { House } from '../house.ts'

/** A package as the portal's button shows it. */
const cardOf = (row: PackageRow): PackageCard => ({
  id: row.id,
  name: row.name,
  priceCents: row.priceCents,
  currency: row.currency,
  durationSeconds: row.durationSeconds,
  dataLimitBytes: row.dataLimitBytes ?? undefined,
  downKbps: row.downKbps ?? undefined,
  deviceLimit: row.deviceLimit,
})

/** What is for sale now, in the portal's order. */
export const cardsOnSale = ({ db, clock, config }: Pick<House, 'db' | 'clock' | 'config'>): PackageCard[] =>
  packagesOnSale(db, { atMs: clock.nowMs(), timeZone: config.site.timezone }).map(cardOf)
