import { type Db, sql } from '../store/database.ts'
import type { PaymentState } from './payment-states.ts'

/** One purchase. `phoneNumber` is `2547XXXXXXXX`, null when who paid by hand is not known; money in cents. */
export interface PaymentRow {
  id: string
  clientKey: string | null
  packageId: number
  routerId: number | null
  phoneNumber: string | null
  macAddress: string | null
  amountCents: number
  currency: string
  state: PaymentState
  stateSeq: number
  verifiedBy: string | null
  failureCode: string | null
  retryAtMs: number | null
  createdAtMs: number
  updatedAtMs: number
}

const COLUMNS = `id, client_key AS clientKey, package_id AS packageId, router_id AS routerId, phone_number AS phoneNumber,
  mac_address AS macAddress, amount_cents AS amountCents, currency, state, state_seq AS stateSeq, verified_by AS verifiedBy,
  failure_code AS failureCode, retry_at_ms AS retryAtMs, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs`

export function paymentById(db: Db, paymentId: string): PaymentRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payments WHERE id = ?`).get(paymentId) as PaymentRow | undefined
}

export function paymentByClientKey(db: Db, clientKey: string): PaymentRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM payments WHERE client_key = ?`).get(clientKey) as PaymentRow | undefined
}

/**
 * The newest purchase of this phone that may still prompt it, or be paid. One that nobody answered counts also after the
 * customer's window, and one whose money is in doubt: a second push could be a second payment.
 */
export function pendingPaymentOf(db: Db, phoneNumber: string, sinceMs: number): PaymentRow | undefined {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM payments WHERE phone_number = ? AND created_at_ms > ?
       AND state IN ('CREATED', 'SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'EXPIRED', 'REVIEW')
     ORDER BY created_at_ms DESC LIMIT 1`,
  ).get(phoneNumber, sinceMs) as PaymentRow | undefined
}

/** Purchases of a time whose prompt has not been answered yet, and by what M-PESA can be asked about them; newest first. */
export function promptedBetween(
  db: Db,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): { paymentId: string; checkoutRequestId: string }[] {
  return sql(
    db,
    `SELECT payments.id AS paymentId, checkout_request_id AS checkoutRequestId
     FROM payments JOIN payment_attempts ON payment_id = payments.id
     WHERE created_at_ms BETWEEN ? AND ? AND state = 'PROMPTED' AND checkout_request_id IS NOT NULL
     ORDER BY created_at_ms DESC, payments.id DESC`,
  ).all(fromMs, untilMs) as { paymentId: string; checkoutRequestId: string }[]
}

/** The newest purchase that was paid and made from this device. */
export function latestPaidOfDevice(db: Db, macAddress: string): PaymentRow | undefined {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM payments WHERE mac_address = ? AND state IN ('PAID', 'FULFILLED')
     ORDER BY created_at_ms DESC LIMIT 1`,
  ).get(macAddress) as PaymentRow | undefined
}

/** Whether this phone has paid here before. */
export function hasPaidBefore(db: Db, phoneNumber: string): boolean {
  const paid = "SELECT 1 FROM payments WHERE phone_number = ? AND state IN ('PAID', 'FULFILLED') LIMIT 1"
  return sql(db, paid).get(phoneNumber) !== undefined
}

/** How often in a row, the newest included, this phone's purchases ended in the same way since then. */
export function failuresInARow(db: Db, phoneNumber: string, failureCode: string, sinceMs: number): number {
  const codes = sql(
    db,
    'SELECT failure_code FROM payments WHERE phone_number = ? AND created_at_ms > ? ORDER BY created_at_ms DESC LIMIT 10',
  )
    .pluck()
    .all(phoneNumber, sinceMs) as (string | null)[]
  const others = codes.findIndex((code) => code !== failureCode)
  return others < 0 ? codes.length : others
}

export interface PaymentFilter {
  limit: number
  before?: { createdAtMs: number; id: string } | undefined
  state?: PaymentState | undefined
  phoneNumber?: string | undefined
  fromMs?: number | undefined
  untilMs?: number | undefined
}

/** Newest first. `before` is the cursor; of `untilMs` itself there is none. */
export function recentPayments(db: Db, { limit, before, ...filter }: PaymentFilter): PaymentRow[] {
  const { state, phoneNumber, fromMs, untilMs } = filter
  const where = [
    ...(before ? ['(created_at_ms, id) < (:beforeMs, :beforeId)'] : []),
    ...(state ? ['state = :state'] : []),
    ...(phoneNumber ? ['phone_number = :phoneNumber'] : []),
    ...(fromMs === undefined ? [] : ['created_at_ms >= :fromMs']),
    ...(untilMs === undefined ? [] : ['created_at_ms < :untilMs']),
  ]
  const those = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
  return sql(db, `SELECT ${COLUMNS} FROM payments ${those} ORDER BY created_at_ms DESC, id DESC LIMIT :limit`).all({
    ...filter,
    ...{ limit, beforeMs: before?.createdAtMs, beforeId: before?.id },
  }) as PaymentRow[]
}

export function interruptedPayments(db: Db): string[] {
  return sql(db, "SELECT id FROM payments WHERE state = 'SUBMITTING'").pluck().all() as string[]
}

export function unpaidBefore(db: Db, askedBeforeMs: number, limit: number): string[] {
  return sql(
    db,
    "SELECT id FROM payments WHERE state IN ('REJECTED', 'DECLINED', 'EXPIRED') AND created_at_ms < ? LIMIT ?",
  )
    .pluck()
    .all(askedBeforeMs, limit) as string[]
}

export function insertPayment(
  db: Db,
  row: Pick<
    PaymentRow,
    'id' | 'clientKey' | 'packageId' | 'routerId' | 'phoneNumber' | 'macAddress' | 'amountCents' | 'currency'
  > & {
    phoneSha256: Buffer | null
    askedFrom?: string | undefined
    nowMs: number
  },
): void {
  sql(
    db,
    `INSERT INTO payments (id, client_key, package_id, router_id, phone_number, phone_sha256, mac_address, asked_from, amount_cents, currency, created_at_ms, updated_at_ms)
     VALUES (:id, :clientKey, :packageId, :routerId, :phoneNumber, :phoneSha256, :macAddress, :askedFrom, :amountCents, :currency, :nowMs, :nowMs)`,
  ).run({ ...row, askedFrom: row.askedFrom ?? null })
}

/** A device that nobody has named may have given its address back by then. */
const SAME_DEVICE_MS = 15 * 60_000

/** The network address from which the purchase was asked for: for the device that it names, or, for a while, for the one there. */
export function askedFromOfPayment(db: Db, paymentId: string, nowMs: number): string | undefined {
  const asked = 'SELECT asked_from FROM payments WHERE id = ? AND (mac_address IS NOT NULL OR created_at_ms > ?)'
  return (
    (sql(db, asked)
      .pluck()
      .get(paymentId, nowMs - SAME_DEVICE_MS) as string | null) ?? undefined
  )
}

export function updateState(
  db: Db,
  paymentId: string,
  change: {
    state: PaymentState
    verifiedBy: string | null
    failureCode: string | null
    retryAtMs: number | null
    nowMs: number
  },
): void {
  sql(
    db,
    `UPDATE payments SET state = :state, state_seq = state_seq + 1, updated_at_ms = :nowMs, failure_code = :failureCode,
       retry_at_ms = :retryAtMs, verified_by = coalesce(:verifiedBy, verified_by) WHERE id = :paymentId`,
  ).run({ ...change, paymentId })
}
