import { type Db, sql } from '../store/database.ts'

export interface VoucherRow {
  id: number
  batchId: string
  code: string
  state: 'unused' | 'redeemed' | 'revoked'
  packageId: number
  expiresAtMs: number | null
  /** What it opened, or extended. */
  grantId: string | null
  /** By the staff: it stays so, also when the money that bought it is not given back after all. */
  revokedByHand: 0 | 1
}

const FROM = `SELECT vouchers.id, batch_id AS batchId, code, state, package_id AS packageId, expires_at_ms AS expiresAtMs, grant_id AS grantId,
  revoked_by_hand AS revokedByHand
  FROM vouchers JOIN voucher_batches ON voucher_batches.id = batch_id`

export function voucherByCode(db: Db, code: string): VoucherRow | undefined {
  return sql(db, `${FROM} WHERE code = ?`).get(code) as VoucherRow | undefined
}

export function vouchersOfBatch(db: Db, batchId: string): VoucherRow[] {
  return sql(db, `${FROM} WHERE batch_id = ? ORDER BY vouchers.id`).all(batchId) as VoucherRow[]
}

export interface VoucherBatchRow {
  id: string
  packageId: number
  packageName: string
  note: string
  expiresAtMs: number | null
  createdAtMs: number
  made: number
  redeemed: number
}

const FROM_BATCHES = `SELECT batch.id, package_id AS packageId, packages.name AS packageName, note, expires_at_ms AS expiresAtMs,
    batch.created_at_ms AS createdAtMs, (SELECT coalesce(sum(vouchers), 0) FROM voucher_counts WHERE batch_id = batch.id) AS made,
    coalesce((SELECT vouchers FROM voucher_counts WHERE batch_id = batch.id AND state = 'redeemed'), 0) AS redeemed
  FROM voucher_batches AS batch JOIN packages ON packages.id = package_id`

/** Newest first. */
export function voucherBatches(db: Db, limit: number, before?: { createdAtMs: number; id: string }): VoucherBatchRow[] {
  return sql(
    db,
    `${FROM_BATCHES} WHERE (batch.created_at_ms, batch.id) < (?, ?) ORDER BY batch.created_at_ms DESC, batch.id DESC LIMIT ?`,
  ).all(before?.createdAtMs ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit) as VoucherBatchRow[]
}

export function voucherBatchById(db: Db, batchId: string): VoucherBatchRow | undefined {
  return sql(db, `${FROM_BATCHES} WHERE batch.id = ?`).get(batchId) as VoucherBatchRow | undefined
}
