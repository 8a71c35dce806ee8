import { type Db, sql } from '../store/database.ts'

export type Channel = 'stk_callback' | 'stk_query' | 'c2b' | 'pull' | 'status' | 'statement' | 'manual'

/** Who paid, as far as a channel tells: the number, its SHA-256 in hex, or the number with most digits hidden. */
export interface Payer {
  /** `2547XXXXXXXX` */
  phone: string | null
  sha256: string | null
  masked: string | null
}

export const UNKNOWN_PAYER: Payer = { phone: null, sha256: null, masked: null }

/** Money that arrived, whichever channel spoke first. Without a `paymentId` it is not allocated to a purchase. */
export interface ReceiptRow {
  id: number
  receipt: string | null
  checkoutRequestId: string | null
  paymentId: string | null
  /** The purchase it was about when it did not fit and was set aside. */
  aboutPaymentId: string | null
  /** The same money, told earlier without a number: that receipt counts, not this one. */
  duplicateOf: number | null
  channel: Channel
  amountCents: number
  billReference: string | null
  payerPhone: string | null
  payerSha256: Buffer | null
  payerMasked: string | null
  paidAtMs: number | null
  arrivedAtMs: number
}

const COLUMNS = `id, receipt, checkout_request_id AS checkoutRequestId, payment_id AS paymentId, about_payment_id AS aboutPaymentId,
  duplicate_of AS duplicateOf, channel, amount_cents AS amountCents, bill_reference AS billReference, payer_phone AS payerPhone, payer_sha256 AS payerSha256, payer_masked AS payerMasked,
  paid_at_ms AS paidAtMs, arrived_at_ms AS arrivedAtMs`

export function receiptById(db: Db, receiptId: number): ReceiptRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM receipts WHERE id = ?`).get(receiptId) as ReceiptRow | undefined
}

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

/** Of a receipt that counts: no channel has told its number. */
export const NUMBERLESS =
  'receipt IS NULL AND NOT EXISTS (SELECT 1 FROM receipts AS told WHERE told.duplicate_of = receipts.id)'

/** Whether its number was told, also when that stands in a row of its own. */
export function hasNumber(db: Db, { id, receipt }: ReceiptRow): boolean {
  return receipt !== null || sql(db, 'SELECT 1 FROM receipts WHERE duplicate_of = ?').get(id) !== undefined
}

/** What was set aside although it was about this purchase, oldest first. */
export function asideReceiptsOf(db: Db, paymentId: string): ReceiptRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM receipts WHERE about_payment_id = ? AND payment_id IS NULL AND duplicate_of IS NULL ORDER BY id`,
  ).all(paymentId) as ReceiptRow[]
}

/** Newest first. */
export function recentReceipts(
  db: Db,
  filter: { unallocated: boolean; limit: number; beforeId?: number },
): ReceiptRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM receipts WHERE id < ? AND (? = 0 OR (payment_id IS NULL AND duplicate_of IS NULL)) ORDER BY id DESC LIMIT ?`,
  ).all(filter.beforeId ?? Number.MAX_SAFE_INTEGER, filter.unallocated ? 1 : 0, filter.limit) as ReceiptRow[]
}

export type NewReceipt = Pick<
  ReceiptRow,
  | 'receipt'
  | 'checkoutRequestId'
  | 'paymentId'
  | 'aboutPaymentId'
  | 'channel'
  | 'amountCents'
  | 'billReference'
  | 'paidAtMs'
> & { payer: Payer; nowMs: number }

export function insertReceipt(db: Db, { payer, ...row }: NewReceipt): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO receipts (receipt, checkout_request_id, payment_id, about_payment_id, channel, amount_cents, bill_reference, payer_phone,
       payer_sha256, payer_masked, paid_at_ms, arrived_at_ms)
     VALUES (:receipt, :checkoutRequestId, :paymentId, :aboutPaymentId, :channel, :amountCents, :billReference, :payerPhone,
       :payerSha256, :payerMasked, :paidAtMs, :nowMs)`,
  ).run({ ...row, ...payerColumns(payer) })
  return Number(lastInsertRowid)
}

/** A later channel may know who paid, or by which reference; what is known stays. */
export function completeReceipt(
  db: Db,
  receiptId: number,
  { payer, billReference, paidAtMs }: Pick<NewReceipt, 'payer' | 'billReference' | 'paidAtMs'>,
): void {
  sql(
    db,
    `UPDATE receipts SET bill_reference = coalesce(bill_reference, :billReference), payer_phone = coalesce(payer_phone, :payerPhone),
       payer_sha256 = coalesce(payer_sha256, :payerSha256), payer_masked = coalesce(payer_masked, :payerMasked),
       paid_at_ms = coalesce(paid_at_ms, :paidAtMs) WHERE id = :receiptId`,
  ).run({ receiptId, billReference, paidAtMs, ...payerColumns(payer) })
}

/** Money that was kept aside turns out to belong to this purchase. */
export function allocateReceipt(db: Db, receiptId: number, paymentId: string): void {
  sql(db, 'UPDATE receipts SET payment_id = ? WHERE id = ? AND payment_id IS NULL').run(paymentId, receiptId)
}

/** Both rows are one payment of money; the first one counts, also for its number. */
export function markDuplicate(db: Db, receiptId: number, firstId: number): void {
  sql(db, 'UPDATE receipts SET duplicate_of = ? WHERE id = ?').run(firstId, receiptId)
}

/** M-PESA tells of what a person had entered. */
export function confirmReceipt(
  db: Db,
  { receipt, amountCents }: { receipt: string; amountCents: number },
  nowMs: number,
) {
  sql(
    db,
    "UPDATE receipts SET confirmed_at_ms = ? WHERE receipt = ? AND amount_cents = ? AND channel = 'manual' AND confirmed_at_ms IS NULL",
  ).run(nowMs, receipt, amountCents)
}

/** M-PESA says that this prompt was paid with it. */
export function bindCheckoutId(db: Db, receiptId: number, checkoutRequestId: string): void {
  sql(db, 'UPDATE receipts SET checkout_request_id = ? WHERE id = ? AND checkout_request_id IS NULL').run(
    checkoutRequestId,
    receiptId,
  )
}

/** The query speaks without a receipt number; the callback brings it later. */
export function bindReceiptNumber(db: Db, receiptId: number, receipt: string): void {
  sql(db, 'UPDATE receipts SET receipt = ? WHERE id = ? AND receipt IS NULL').run(receipt, receiptId)
}

/** Of money that only a query has told of: the file refuses it for any other. */
export function correctAmount(db: Db, receiptId: number, amountCents: number): void {
  sql(db, 'UPDATE receipts SET amount_cents = ? WHERE id = ?').run(amountCents, receiptId)
}

const payerColumns = ({ phone, sha256, masked }: Payer) => ({
  payerPhone: phone,
  payerSha256: sha256 === null ? null : Buffer.from(sha256, 'hex'),
  payerMasked: masked,
})
