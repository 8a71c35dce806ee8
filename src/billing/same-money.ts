import { type Db, sql } from '../store/database.ts'
import { ASKED_AFTER_MS, ASKED_BEFORE_MS } from './match-money.ts'
import type { PaymentRow } from './payment-table.ts'
import { NUMBERLESS, type ReceiptRow, receiptById } from './receipt-table.ts'

/**
 * A till tells of a prompt's money without the prompt's reference, and M-PESA's query tells of it without a number. What both
 * say may be one payment of money, so whoever gives something for the one looks for the other first.
 */

const TIMES = { beforeMs: ASKED_BEFORE_MS, afterMs: ASKED_AFTER_MS }

/** `r`, which names no purchase, by its amount and its time, and `p`. */
const ALIKE = `r.bill_reference IS NULL AND r.duplicate_of IS NULL AND r.amount_cents = p.amount_cents
  AND (r.about_payment_id IS NULL OR r.about_payment_id = p.id)
  AND p.created_at_ms BETWEEN coalesce(r.paid_at_ms, r.arrived_at_ms) - :beforeMs AND coalesce(r.paid_at_ms, r.arrived_at_ms) + :afterMs`

/** 1: whoever was prompted has paid it; 0: somebody else; null: nobody knows who. */
const IS_PAYER = `CASE WHEN r.payer_phone IS NOT NULL THEN r.payer_phone = p.phone_number
  WHEN r.payer_sha256 IS NOT NULL THEN r.payer_sha256 = p.phone_sha256
  WHEN r.payer_masked IS NOT NULL THEN p.phone_number GLOB replace(r.payer_masked, ' ', '') END`

const HAS_REFUND = `EXISTS (SELECT 1 FROM refunds WHERE receipt_id = r.id AND state IN ('requested', 'sent', 'uncertain', 'done'))`

interface LikelyPurchase {
  paymentId: string
  /** It is paid already, by money without a number. */
  isNumberless: 0 | 1
  /** Who was prompted has paid this, or the same device asks for both; else nobody knows who has. */
  isPayer: 1 | null
}

/** The prompts whose money this receipt may be: first what was counted already, then what is likeliest to be paid still. */
export function likelyPurchases(db: Db, receiptId: number, macAddress: string | null = null): LikelyPurchase[] {
  return sql(
    db,
    `SELECT p.id AS paymentId, coalesce(${IS_PAYER}, CASE WHEN p.mac_address = :macAddress THEN 1 END) AS isPayer,
       EXISTS (SELECT 1 FROM receipts WHERE payment_id = p.id AND ${NUMBERLESS}) AS isNumberless
     FROM receipts AS r JOIN payments AS p
     WHERE r.id = :receiptId AND ${ALIKE} AND isPayer IS NOT 0
       AND EXISTS (SELECT 1 FROM payment_attempts WHERE payment_id = p.id)
       AND (isNumberless OR (p.state IN ('SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'REJECTED', 'DECLINED', 'EXPIRED', 'REVIEW', 'CLOSED_UNPAID')
         AND NOT EXISTS (SELECT 1 FROM receipts WHERE payment_id = p.id)))
     ORDER BY isNumberless DESC, p.state IN ('REJECTED', 'DECLINED'), p.created_at_ms DESC`,
  ).all({ receiptId, macAddress, ...TIMES }) as LikelyPurchase[]
}

/** Whether this money may stand in the books already, under a purchase whose receipt has no number. */
export const mayBeCounted = (db: Db, receiptId: number): boolean =>
  likelyPurchases(db, receiptId).some(({ isNumberless }) => isNumberless === 1)

/** The oldest money of whoever was prompted that is nobody's yet. */
export function looseReceiptOf(db: Db, { id: paymentId }: PaymentRow): ReceiptRow | undefined {
  const found = sql(
    db,
    `SELECT r.id FROM receipts AS r INDEXED BY receipts_unallocated JOIN payments AS p ON p.id = :paymentId
     WHERE r.payment_id IS NULL AND r.duplicate_of IS NULL AND ${ALIKE} AND ${IS_PAYER} AND NOT ${HAS_REFUND} ORDER BY r.id LIMIT 1`,
  )
    .pluck()
    .get({ paymentId, ...TIMES }) as number | undefined
  return found === undefined ? undefined : receiptById(db, found)
}

/** All money that is nobody's yet and may be this purchase's: not what arrived long before the purchase was asked for. */
export function looseMoneyLike(db: Db, paymentId: string): number[] {
  return sql(
    db,
    `SELECT r.id FROM payments AS p CROSS JOIN receipts AS r INDEXED BY receipts_loose
     WHERE p.id = :paymentId AND r.payment_id IS NULL AND r.arrived_at_ms >= p.created_at_ms - :afterMs AND ${ALIKE}
       AND ${IS_PAYER} IS NOT 0 AND NOT ${HAS_REFUND}`,
  )
    .pluck()
    .all({ paymentId, ...TIMES }) as number[]
}

/**
 * Whether what may be this purchase's money was given for another, or back, without M-PESA's word that it was the other's.
 * What came before the purchase was asked for is not its money.
 */
export function mayBeSpent(db: Db, { id: paymentId }: PaymentRow): boolean {
  // Money whose payer nobody knows would put every customer of that price in doubt; it does so for whom it was given to.
  const isTheirs = `coalesce(${IS_PAYER}, (SELECT phone_number FROM payments WHERE id = r.payment_id) = p.phone_number)`
  const alike = `r.checkout_request_id IS NULL AND r.arrived_at_ms >= p.created_at_ms AND ${ALIKE} AND ${isTheirs}`
  const found = sql(
    db,
    `SELECT 1 FROM receipts AS r INDEXED BY receipts_by_hand JOIN payments AS p ON p.id = :paymentId
     WHERE r.payment_id IS NOT NULL AND r.payment_id <> p.id AND ${alike}
     UNION ALL
     SELECT 1 FROM receipts AS r INDEXED BY receipts_unallocated JOIN payments AS p ON p.id = :paymentId
     WHERE r.payment_id IS NULL AND r.duplicate_of IS NULL AND ${HAS_REFUND} AND ${alike} LIMIT 1`,
  ).get({ paymentId, ...TIMES })
  return found !== undefined
}
