import { type Db, sql } from '../store/database.ts'

export type GrantSource = 'payment' | 'voucher' | 'operator'
export type EndReason = 'time-used' | 'data-used' | 'revoked'

/** The right to be online: one row, from which RADIUS answers. Times in ms, sizes in bytes, speeds in kbit/s; null = no limit. */
export interface GrantRow {
  id: string
  source: GrantSource
  sourceId: string
  username: string
  password: string
  packageId: number
  packageName: string
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
  phoneNumber: string | null
  macAddress: string | null
  routerId: number | null
  startsAtMs: number
  expiresAtMs: number
  usedBytes: number
  endedAtMs: number | null
  endReason: EndReason | null
  userCreatedAtMs: number | null
  onlineAtMs: number | null
}

const COLUMNS = `id, source, source_id AS sourceId, username, password, package_id AS packageId, package_name AS packageName,
  data_limit_bytes AS dataLimitBytes, down_kbps AS downKbps, up_kbps AS upKbps, device_limit AS deviceLimit, phone_number AS phoneNumber,
  mac_address AS macAddress, router_id AS routerId, starts_at_ms AS startsAtMs, expires_at_ms AS expiresAtMs, used_bytes AS usedBytes,
  ended_at_ms AS endedAtMs, end_reason AS endReason, user_created_at_ms AS userCreatedAtMs, online_at_ms AS onlineAtMs`

export function grantById(db: Db, grantId: string): GrantRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM grants WHERE id = ?`).get(grantId) as GrantRow | undefined
}

export function grantByUsername(db: Db, username: string): GrantRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM grants WHERE username = ?`).get(username) as GrantRow | undefined
}

export function grantOf(db: Db, source: GrantSource, sourceId: string): GrantRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM grants WHERE source = ? AND source_id = ?`).get(source, sourceId) as
    | GrantRow
    | undefined
}

export function overdueGrants(db: Db, nowMs: number, limit: number): string[] {
  return sql(
    db,
    'SELECT id FROM grants WHERE ended_at_ms IS NULL AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?',
  )
    .pluck()
    .all(nowMs, limit) as string[]
}

/** Running grants of one router, and those of none, which may be used at any. */
export function runningGrantsAt(db: Db, routerId: number): GrantRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM grants WHERE ended_at_ms IS NULL AND coalesce(router_id, ?) = ?`).all(
    routerId,
    routerId,
  ) as GrantRow[]
}

/** Newest first. */
export function recentGrants(db: Db, limit: number, before?: { startsAtMs: number; id: string }): GrantRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM grants WHERE (starts_at_ms, id) < (?, ?) ORDER BY starts_at_ms DESC, id DESC LIMIT ?`,
  ).all(before?.startsAtMs ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit) as GrantRow[]
}

export function insertGrant(
  db: Db,
  row: Omit<GrantRow, 'usedBytes' | 'endedAtMs' | 'endReason' | 'userCreatedAtMs' | 'onlineAtMs'>,
): void {
  sql(
    db,
    `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, data_limit_bytes, down_kbps, up_kbps, device_limit,
       phone_number, mac_address, router_id, starts_at_ms, expires_at_ms)
     VALUES (:id, :source, :sourceId, :username, :password, :packageId, :packageName, :dataLimitBytes, :downKbps, :upKbps, :deviceLimit,
       :phoneNumber, :macAddress, :routerId, :startsAtMs, :expiresAtMs)`,
  ).run(row)
}

/** What is left of a grant; nothing once it has ended. */
export function remainingOf(grant: GrantRow, nowMs: number): { seconds: number; bytes: number | null } {
  if (grant.endedAtMs !== null) return { seconds: 0, bytes: 0 }
  return {
    seconds: Math.max(0, Math.floor((grant.expiresAtMs - nowMs) / 1000)),
    bytes: grant.dataLimitBytes === null ? null : Math.max(0, grant.dataLimitBytes - grant.usedBytes),
  }
}
