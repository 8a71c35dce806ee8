import { type CommandContext, command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { latestAttempt } from './attempt-table.ts'
import { credit } from './credit.ts'
import { movePayment } from './move-payment.ts'
import { restoreVoucherOf } from './payment-purpose.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'
import { bookReceipt } from './receipt-books.ts'
import { asideReceiptsOf, type ReceiptRow, receiptByNumber, receiptOfPayment, UNKNOWN_PAYER } from './receipt-table.ts'
import { liveRefundOf } from './refund-table.ts'
import { placeLooseMoney } from './walk-in.ts'

export interface Verdict {
  paymentId: string
  /** Which money, when more than one was set aside; or one that the operator has seen in M-PESA's own portal. */
  receipt: string | null
  reason: string
  by: string
}

export type ReviewOutcome =
  | 'approved'
  | 'rejected'
  | 'unknown'
  | 'not-in-review'
  | 'which-receipt'
  | 'receipt-used'
  | 'has-money'

/** A person decides that the purchase was paid, whatever did not fit. */
export const approvePayment = command('payments.approve', (context, verdict: Verdict): ReviewOutcome => {
  const { db } = context
  const payment = paymentById(db, verdict.paymentId)
  if (!payment) return 'unknown'
  if (payment.state !== 'REVIEW') return 'not-in-review'
  const own = receiptOfPayment(db, payment.id)
  if (own) return restore(context, payment, own, verdict)
  const found = receiptFor(context, payment, verdict)
  if (typeof found === 'string') return found
  sql(db, 'INSERT INTO payment_verdicts (payment_id, receipt_id, by_whom, reason, at_ms) VALUES (?, ?, ?, ?, ?)').run(
    ...[payment.id, found.id, verdict.by, verdict.reason, context.nowMs],
  )
  const { channel, receipt, checkoutRequestId, amountCents, billReference, paidAtMs } = found
  const money = { channel, receipt, checkoutRequestId, amountCents, billReference, paidAtMs, payer: UNKNOWN_PAYER }
  const story = { event: 'OPERATOR_APPROVE', by: verdict.by, detail: `${receipt}: ${verdict.reason}` } as const
  credit(context, payment, latestAttempt(db, payment.id), money, story)
  return 'approved'
})

/** A person decides that nobody paid. Money that is really here is given back instead. */
export const rejectPayment = command('payments.reject', (context, verdict: Omit<Verdict, 'receipt'>): ReviewOutcome => {
  const { db } = context
  const payment = paymentById(db, verdict.paymentId)
  if (!payment) return 'unknown'
  if (payment.state !== 'REVIEW') return 'not-in-review'
  if (receiptOfPayment(db, payment.id) || asideReceiptsOf(db, payment.id).some(({ id }) => !liveRefundOf(db, id)))
    return 'has-money'
  movePayment(context, payment, 'OPERATOR_REJECT', { detail: verdict.reason, by: verdict.by })
  placeLooseMoney.run(context, { paymentId: payment.id })
  return 'rejected'
})

/** Its refund failed, so the money is still here: what it bought stands again. */
function restore(
  context: CommandContext,
  payment: PaymentRow,
  own: ReceiptRow,
  { reason, by }: Verdict,
): ReviewOutcome {
  if (liveRefundOf(context.db, own.id)) return 'receipt-used'
  movePayment(context, payment, 'OPERATOR_APPROVE', { detail: reason, by, verifiedBy: own.channel })
  const voucherSourceId = restoreVoucherOf(context, payment.id)
  const grantId = grantIdOf(context.db, payment.id)
  context.journal.record('payment.refund_dropped', { paymentId: payment.id, voucherSourceId, grantId })
  return 'approved'
}

function grantIdOf(db: Db, paymentId: string): string | null {
  const part = "SELECT grant_id FROM grant_parts WHERE source = 'payment' AND source_id = ?"
  return (sql(db, part).pluck().get(paymentId) as string | undefined) ?? null
}

function receiptFor(
  context: CommandContext,
  payment: PaymentRow,
  { receipt }: Verdict,
): ReceiptRow | 'which-receipt' | 'receipt-used' {
  const { db } = context
  const aside = asideReceiptsOf(db, payment.id).filter(({ id }) => !liveRefundOf(db, id))
  if (receipt === null) return aside.length === 1 ? (aside[0] as ReceiptRow) : 'which-receipt'
  const known = receiptByNumber(db, receipt)
  if (known) return aside.some(({ id }) => id === known.id) ? known : 'receipt-used'
  bookReceipt(context, {
    ...{ receipt, channel: 'manual', amountCents: payment.amountCents, payer: UNKNOWN_PAYER },
    ...{ checkoutRequestId: null, paymentId: null, aboutPaymentId: payment.id, billReference: null, paidAtMs: null },
  })
  return receiptByNumber(db, receipt) as ReceiptRow
}

export const reviewCommands = [approvePayment, rejectPayment]
