import { type Db, sql } from '../store/database.ts'

export type Channel = 'stk_callback' | 'stk_query' | 'c2b' | 'pull' | 'status' | 'statement' | 'manual'

/** Money that arrived, whichever channel spoke first. Without a `paymentId` it is not allocated to a purchase. */
export interface ReceiptRow {
  id: number
  receipt: string | null
  checkoutRequestId: string | null
  paymentId: string | null
  channel: Channel
  amountCents: number
}

const COLUMNS = `id, receipt, checkout_request_id AS checkoutRequestId, payment_id AS paymentId, channel, amount_cents AS amountCents`

export function receiptByNumber(db: Db, receipt: string): ReceiptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM receipts WHERE receipt = ?`).get(receipt) as ReceiptRow | undefined
}

export function receiptByCheckoutId(db: Db, checkoutRequestId: string): ReceiptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM receipts WHERE checkout_request_id = ?`).get(checkoutRequestId) as
    | ReceiptRow
    | undefined
}

export function receiptOfPayment(db: Db, paymentId: string): ReceiptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM receipts WHERE payment_id = ?`).get(paymentId) as ReceiptRow | undefined
}

export function insertReceipt(
  db: Db,
  row: Omit<ReceiptRow, 'id'> & { payerPhone: string | null; paidAtMs: number | null; nowMs: number },
): void {
  sql(
    db,
    `INSERT INTO receipts (receipt, checkout_request_id, payment_id, channel, amount_cents, payer_phone, paid_at_ms, arrived_at_ms)
     VALUES (:receipt, :checkoutRequestId, :paymentId, :channel, :amountCents, :payerPhone, :paidAtMs, :nowMs)`,
  ).run(row)
}

/** Money that was kept aside turns out to belong to this purchase. */
export function allocateReceipt(db: Db, receiptId: number, paymentId: string): void {
  sql(db, 'UPDATE receipts SET payment_id = ? WHERE id = ? AND payment_id IS NULL').run(paymentId, receiptId)
}

/** The query speaks without a receipt number; the callback brings it later. */
export function bindReceiptNumber(db: Db, receiptId: number, receipt: string): void {
  sql(db, 'UPDATE receipts SET receipt = ? WHERE id = ? AND receipt IS NULL').run(receipt, receiptId)
}
