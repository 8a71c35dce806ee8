import { type Db, sql } from '../store/database.ts'

/** Money on its way back to the payer: always the whole receipt. */
export interface RefundRow {
  id: string
  receiptId: number
  /** M-PESA's number of the money; null while only a query has told of it. */
  receipt: string | null
  /** Null when the money was never anybody's purchase. */
  paymentId: string | null
  amountCents: number
  /** `requested` waits for a second person, `sent` is to be done by whoever may move money out. */
  state: 'requested' | 'sent' | 'uncertain' | 'done' | 'refused' | 'failed'
  needsApproval: 0 | 1
  reason: string
  requestedBy: string
  requestedAtMs: number
  decidedBy: string | null
  reference: string | null
  /** Why it failed, or what else was said of it. */
  detail: string | null
  endedAtMs: number | null
}

const COLUMNS = `id, receipt_id AS receiptId, (SELECT receipt FROM receipts WHERE receipts.id = receipt_id) AS receipt, payment_id AS paymentId, amount_cents AS amountCents, state, needs_approval AS needsApproval,
  reason, requested_by AS requestedBy, requested_at_ms AS requestedAtMs, decided_by AS decidedBy, reference, detail, ended_at_ms AS endedAtMs`

const LIVE = `state IN ('requested', 'sent', 'uncertain', 'done')`

export function refundById(db: Db, refundId: string): RefundRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM refunds WHERE id = ?`).get(refundId) as RefundRow | undefined
}

/** The refund that is under way or done; a refused or failed one leaves room for another. */
export function liveRefundOf(db: Db, receiptId: number): RefundRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM refunds WHERE receipt_id = ? AND ${LIVE}`).get(receiptId) as
    | RefundRow
    | undefined
}

/** The refund of this payment that waits for a second person. */
export function waitingRefundOf(db: Db, paymentId: string): RefundRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM refunds WHERE payment_id = ? AND state = 'requested'`).get(paymentId) as
    | RefundRow
    | undefined
}

/** Newest first. */
export function recentRefunds(db: Db, limit: number, before?: { requestedAtMs: number; id: string }): RefundRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM refunds WHERE (requested_at_ms, id) < (?, ?) ORDER BY requested_at_ms DESC, id DESC LIMIT ?`,
  ).all(before?.requestedAtMs ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit) as RefundRow[]
}

export function insertRefund(
  db: Db,
  row: Pick<
    RefundRow,
    | 'id'
    | 'receiptId'
    | 'paymentId'
    | 'amountCents'
    | 'state'
    | 'needsApproval'
    | 'reason'
    | 'requestedBy'
    | 'requestedAtMs'
  >,
): void {
  sql(
    db,
    `INSERT INTO refunds (id, receipt_id, payment_id, amount_cents, state, needs_approval, reason, requested_by, requested_at_ms)
     VALUES (:id, :receiptId, :paymentId, :amountCents, :state, :needsApproval, :reason, :requestedBy, :requestedAtMs)`,
  ).run(row)
}

export function decideRefund(db: Db, refundId: string, state: 'sent' | 'refused', by: string, nowMs: number): void {
  sql(
    db,
    `UPDATE refunds SET state = :state, decided_by = :by, decided_at_ms = :nowMs,
       ended_at_ms = CASE WHEN :state = 'refused' THEN :nowMs END WHERE id = :refundId`,
  ).run({ refundId, state, by, nowMs })
}

/** It takes no purchase with it. */
export function setAlone(db: Db, refundId: string): void {
  sql(db, 'UPDATE refunds SET payment_id = NULL WHERE id = ?').run(refundId)
}

/** M-PESA's number of what is done already. */
export function setRefundNumber(db: Db, refundId: string, reference: string): void {
  sql(db, "UPDATE refunds SET reference = ? WHERE id = ? AND state = 'done'").run(reference, refundId)
}

/** What was given back of this receipt without a number so far. */
export function unnamedRefundOf(db: Db, receipt: string): RefundRow | undefined {
  const done = "state = 'done' AND reference IS NULL"
  return sql(
    db,
    `SELECT ${COLUMNS} FROM refunds WHERE ${done} AND receipt_id = (SELECT id FROM receipts WHERE receipts.receipt = ?)`,
  ).get(receipt) as RefundRow | undefined
}

export function setRefundState(
  db: Db,
  refundId: string,
  change: Pick<RefundRow, 'state' | 'reference' | 'detail' | 'endedAtMs'> & { method: string | null },
): void {
  sql(
    db,
    `UPDATE refunds SET state = :state, reference = coalesce(:reference, reference), method = coalesce(:method, method),
       detail = coalesce(:detail, detail), ended_at_ms = :endedAtMs WHERE id = :refundId`,
  ).run({ refundId, ...change })
}
