import { type Db, sql } from '../store/database.ts'

/** One STK push: written before the call, told apart by its own account reference and callback token. */
export interface AttemptRow {
  id: number
  paymentId: string
  number: number
  accountRef: string
  merchantRequestId: string | null
  checkoutRequestId: string | null
  outcome: 'open' | 'refused' | 'lost' | 'declined' | 'expired' | 'paid'
}

const COLUMNS = `id, payment_id AS paymentId, number, account_ref AS accountRef, merchant_request_id AS merchantRequestId,
  checkout_request_id AS checkoutRequestId, outcome`

export function insertAttempt(
  db: Db,
  row: { paymentId: string; number: number; accountRef: string; callbackTokenHash: Buffer; nowMs: number },
): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO payment_attempts (payment_id, number, account_ref, callback_token_hash, started_at_ms)
     VALUES (:paymentId, :number, :accountRef, :callbackTokenHash, :nowMs)`,
  ).run(row)
  return Number(lastInsertRowid)
}

export function attemptById(db: Db, attemptId: number): AttemptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payment_attempts WHERE id = ?`).get(attemptId) as AttemptRow | undefined
}

export function attemptByTokenHash(db: Db, hash: Buffer): AttemptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payment_attempts WHERE callback_token_hash = ?`).get(hash) as
    | AttemptRow
    | undefined
}

/** By the reference that M-PESA shows to the customer and repeats to us. */
export function attemptByAccountRef(db: Db, accountRef: string): AttemptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payment_attempts WHERE account_ref = ?`).get(accountRef) as
    | AttemptRow
    | undefined
}

/** The newest attempt. */
export function latestAttempt(db: Db, paymentId: string): AttemptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payment_attempts WHERE payment_id = ? ORDER BY number DESC LIMIT 1`).get(
    paymentId,
  ) as AttemptRow | undefined
}

/**
 * Adopts M-PESA's ids where none are known yet: the push answer may come after the callback, or never. False when the
 * attempt has ids, or these are another attempt's.
 */
export function adoptIds(
  db: Db,
  attemptId: number,
  ids: { merchantRequestId: string; checkoutRequestId: string },
): boolean {
  const { changes } = sql(
    db,
    `UPDATE OR IGNORE payment_attempts SET merchant_request_id = :merchantRequestId, checkout_request_id = :checkoutRequestId
     WHERE id = :attemptId AND checkout_request_id IS NULL`,
  ).run({ ...ids, attemptId })
  return changes > 0
}

export function closeAttempt(db: Db, attemptId: number, outcome: Exclude<AttemptRow['outcome'], 'open'>): void {
  sql(db, "UPDATE payment_attempts SET outcome = ? WHERE id = ? AND outcome = 'open'").run(outcome, attemptId)
}
