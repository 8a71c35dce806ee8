import { type Db, sql } from '../store/database.ts'

/** What is sold. Sizes in bytes, speeds in kbit/s; null = no limit. */
export interface PackageRow {
  id: number
  name: string
  description: string
  type: 'hotspot' | 'pppoe'
  priceCents: number
  currency: string
  durationSeconds: number
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
  active: 0 | 1
  hidden: 0 | 1
}

const COLUMNS = `id, name, description, type, price_cents AS priceCents, currency, duration_seconds AS durationSeconds,
  data_limit_bytes AS dataLimitBytes, down_kbps AS downKbps, up_kbps AS upKbps, device_limit AS deviceLimit, active, hidden`

/** What customers see, cheapest first. */
export function visiblePackages(db: Db): PackageRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM packages WHERE active = 1 AND hidden = 0 ORDER BY price_cents, id`,
  ).all() as PackageRow[]
}

export function allPackages(db: Db): PackageRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM packages ORDER BY id`).all() as PackageRow[]
}

export function packageById(db: Db, packageId: number): PackageRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM packages WHERE id = ?`).get(packageId) as PackageRow | undefined
}

export function insertPackage(db: Db, row: Omit<PackageRow, 'id' | 'active'>, nowMs: number): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO packages (name, description, type, price_cents, currency, duration_seconds, data_limit_bytes, down_kbps, up_kbps, device_limit, hidden, created_at_ms)
     VALUES (:name, :description, :type, :priceCents, :currency, :durationSeconds, :dataLimitBytes, :downKbps, :upKbps, :deviceLimit, :hidden, :nowMs)`,
  ).run({ ...row, nowMs })
  return Number(lastInsertRowid)
}

export function updatePackage(db: Db, row: PackageRow): void {
  sql(
    db,
    `UPDATE packages SET name = :name, description = :description, price_cents = :priceCents, duration_seconds = :durationSeconds,
       data_limit_bytes = :dataLimitBytes, down_kbps = :downKbps, up_kbps = :upKbps, device_limit = :deviceLimit, active = :active,
       hidden = :hidden WHERE id = :id`,
  ).run(row)
}
