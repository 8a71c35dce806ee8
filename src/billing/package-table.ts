import { type Db, sql } from '../store/database.ts'
import { ALWAYS, isWithinHours, type SaleHours } from './sale-hours.ts'

/** What is sold. Sizes in bytes, speeds in kbit/s; null = no limit. */
export interface PackageRow extends SaleHours {
  id: number
  name: string
  description: string
  type: 'hotspot' | 'pppoe'
  priceCents: number
  currency: string
  durationSeconds: number
  /** Within what time from its first use everything must be used, paused or not; null = it may be kept. */
  validSeconds: number | null
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
  /** How long a subscriber stays online after the paid time. */
  graceDays: number
  active: 0 | 1
  hidden: 0 | 1
  /** When it goes on and off sale by itself; null once that has happened. */
  scheduledActivationAtMs: number | null
  scheduledDeactivationAtMs: number | null
}

/** A moment, and where: hours of sale are read off the clock on the site's wall. */
export interface SaleMoment {
  atMs: number
  timeZone: string
}

const COLUMNS = `id, name, description, type, price_cents AS priceCents, currency, duration_seconds AS durationSeconds,
  valid_seconds AS validSeconds, data_limit_bytes AS dataLimitBytes, down_kbps AS downKbps, up_kbps AS upKbps, device_limit AS deviceLimit,
  grace_days AS graceDays, active, hidden, scheduled_activation_at_ms AS scheduledActivationAtMs,
  scheduled_deactivation_at_ms AS scheduledDeactivationAtMs, sale_days AS saleDays, sale_from_minute AS saleFromMinute,
  sale_until_minute AS saleUntilMinute`

/** What customers see, cheapest first. */
export function packagesOnSale(db: Db, moment: SaleMoment): PackageRow[] {
  const shown = sql(db, `SELECT ${COLUMNS} FROM packages WHERE active = 1 AND hidden = 0 ORDER BY price_cents, id`)
  return (shown.all() as PackageRow[]).filter((row) => isOnSale(row, moment))
}

/** Whether somebody may ask for it; one that was asked for while it was on sale may be paid for at any time. */
export function isOnSale(row: PackageRow, { atMs, timeZone }: SaleMoment): boolean {
  return row.active === 1 && row.hidden === 0 && isWithinHours(row, atMs, timeZone)
}

export function allPackages(db: Db): PackageRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM packages ORDER BY id`).all() as PackageRow[]
}

export function packageByName(db: Db, name: string): PackageRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM packages WHERE name = ?`).get(name) as PackageRow | undefined
}

export function packageById(db: Db, packageId: number): PackageRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM packages WHERE id = ?`).get(packageId) as PackageRow | undefined
}

/** On sale at once, unless its time to come on sale is set. */
export type NewPackage = Omit<
  PackageRow,
  | 'id'
  | 'active'
  | 'validSeconds'
  | 'graceDays'
  | 'scheduledActivationAtMs'
  | 'scheduledDeactivationAtMs'
  | keyof SaleHours
> &
  Partial<
    Pick<
      PackageRow,
      'validSeconds' | 'graceDays' | 'scheduledActivationAtMs' | 'scheduledDeactivationAtMs' | keyof SaleHours
    >
  >

export function insertPackage(db: Db, row: NewPackage, nowMs: number): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO packages (name, description, type, price_cents, currency, duration_seconds, valid_seconds, data_limit_bytes, down_kbps, up_kbps, device_limit, hidden,
       grace_days, active, scheduled_activation_at_ms, scheduled_deactivation_at_ms, sale_days, sale_from_minute, sale_until_minute,
       created_at_ms)
     VALUES (:name, :description, :type, :priceCents, :currency, :durationSeconds, :validSeconds, :dataLimitBytes, :downKbps, :upKbps, :deviceLimit, :hidden,
       :graceDays, :scheduledActivationAtMs IS NULL, :scheduledActivationAtMs, :scheduledDeactivationAtMs, :saleDays, :saleFromMinute,
       :saleUntilMinute, :nowMs)`,
  ).run({
    validSeconds: null,
    graceDays: 3,
    scheduledActivationAtMs: null,
    scheduledDeactivationAtMs: null,
    ...ALWAYS,
    ...row,
    nowMs,
  })
  return Number(lastInsertRowid)
}

export function updatePackage(db: Db, row: PackageRow): void {
  sql(
    db,
    `UPDATE packages SET name = :name, description = :description, price_cents = :priceCents, duration_seconds = :durationSeconds,
       valid_seconds = :validSeconds, data_limit_bytes = :dataLimitBytes, down_kbps = :downKbps, up_kbps = :upKbps, device_limit = :deviceLimit, active = :active,
       hidden = :hidden, grace_days = :graceDays, scheduled_activation_at_ms = :scheduledActivationAtMs,
       scheduled_deactivation_at_ms = :scheduledDeactivationAtMs, sale_days = :saleDays, sale_from_minute = :saleFromMinute,
       sale_until_minute = :saleUntilMinute WHERE id = :id`,
  ).run(row)
}

/** Packages whose time to go on or off sale has come. */
export function packagesDue(db: Db, nowMs: number): PackageRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM packages WHERE (scheduled_activation_at_ms IS NOT NULL OR scheduled_deactivation_at_ms IS NOT NULL)
       AND (scheduled_activation_at_ms <= :nowMs OR scheduled_deactivation_at_ms <= :nowMs)`,
  ).all({ nowMs }) as PackageRow[]
}
