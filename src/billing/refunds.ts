import { randomUUIDv7 } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import type { Account } from './ledger.ts'
import { movePayment } from './move-payment.ts'
import { withdrawVoucherOf } from './payment-purpose.ts'
import type { PaymentEvent } from './payment-states.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'
import { bookRefundDone, bookRefundFailed, bookRefundFiled } from './receipt-books.ts'
import { asideReceiptsOf, type ReceiptRow, receiptById, receiptByNumber, receiptOfPayment } from './receipt-table.ts'
import {
  decideRefund,
  insertRefund,
  liveRefundOf,
  type RefundRow,
  refundById,
  setAlone,
  setRefundNumber,
  setRefundState,
} from './refund-table.ts'
import { mayBeCounted } from './same-money.ts'

export type RefundOutcome =
  | { outcome: 'filed' | 'waits-for-approval'; refundId: string }
  | { outcome: 'unknown' | 'nothing-to-refund' | 'already-refunding' }
  /** It must be seen that two persons agree, and nobody sees who holds a token. */
  | { outcome: 'needs-operator' }

interface Person {
  by: string
  /** An operator who has signed in, and no token or command line, behind which anybody may be. */
  isOperator?: boolean
}

/**
 * The appliance never moves money out: it files who wants which receipt given back, and why. Above the limit one operator asks
 * and another must agree. What the money bought ends as soon as the refund is filed.
 */
export const requestRefund = command(
  'refunds.request',
  (
    context,
    asked: Person & { paymentId: string | null; receipt: string | null; reason: string; approvalAboveCents: number },
  ): RefundOutcome => {
    const { db, nowMs } = context
    const payment = asked.paymentId === null ? undefined : paymentById(db, asked.paymentId)
    if (asked.paymentId !== null && !payment) return { outcome: 'unknown' }
    const receipt = payment ? receiptToRefund(context, payment, asked.receipt) : freeReceipt(context, asked.receipt)
    if (!receipt) return { outcome: 'nothing-to-refund' }
    if (liveRefundOf(db, receipt.id)) return { outcome: 'already-refunding' }

    // What contradicts itself is never given back on one person's word.
    const needsApproval = payment?.state === 'REVIEW' || receipt.amountCents > asked.approvalAboveCents
    if (needsApproval && !asked.isOperator) return { outcome: 'needs-operator' }
    // A second payment for a purchase goes back alone: the purchase stands.
    const ends = payment && (receipt.paymentId === payment.id || payment.state === 'REVIEW')
    const refund = {
      ...{ id: randomUUIDv7(), receiptId: receipt.id, paymentId: ends ? payment.id : null },
      ...{ amountCents: receipt.amountCents, reason: asked.reason, requestedBy: asked.by, requestedAtMs: nowMs },
    }
    insertRefund(db, { ...refund, state: needsApproval ? 'requested' : 'sent', needsApproval: needsApproval ? 1 : 0 })
    if (needsApproval) return { outcome: 'waits-for-approval', refundId: refund.id }
    file(context, refundById(db, refund.id) as RefundRow, asked.by)
    return { outcome: 'filed', refundId: refund.id }
  },
)

export type RefundDecision = 'filed' | 'refused' | 'unknown' | 'not-waiting' | 'same-person' | 'needs-operator'

/** The second person's word. */
export const decideOnRefund = command(
  'refunds.decide',
  (context, { refundId, approve, by, isOperator }: Person & { refundId: string; approve: boolean }): RefundDecision => {
    const refund = refundById(context.db, refundId)
    if (!refund) return 'unknown'
    if (refund.state !== 'requested') return 'not-waiting'
    if (refund.requestedBy === by) return 'same-person'
    if (!isOperator) return 'needs-operator'
    decideRefund(context.db, refundId, approve ? 'sent' : 'refused', by, context.nowMs)
    if (!approve) return 'refused'
    file(context, refund, by)
    return 'filed'
  },
)

export interface RefundResult {
  refundId: string
  /** `lost`: nobody knows yet whether it was done; `not-done`: what was lost was looked up, and may be tried again. */
  result: 'done' | 'failed' | 'lost' | 'not-done'
  method: 'reversal' | 'b2c' | 'manual'
  /** The number under which M-PESA moved the money back. */
  reference: string | null
  /** Why it failed, or what else is to be known of it. */
  detail?: string | null
  by: string
}

const AFTER: Record<RefundResult['result'], { event: PaymentEvent; state: RefundRow['state'] }> = {
  done: { event: 'REFUND_OK', state: 'done' },
  failed: { event: 'REFUND_FAILED', state: 'failed' },
  lost: { event: 'REFUND_LOST', state: 'uncertain' },
  'not-done': { event: 'REFUND_NOT_DONE', state: 'sent' },
}

/**
 * What came of it, told by who did it: an operator in the M-PESA portal, or the cloud. A repeat changes nothing, but may tell the number
 * that was not known before.
 */
export const recordRefundResult = command(
  'refunds.record-result',
  (
    context,
    { refundId, result, method, reference, detail = null, by }: RefundResult,
  ): 'recorded' | 'unknown' | 'not-filed' | 'not-lost' => {
    const { db, nowMs } = context
    const refund = refundById(db, refundId)
    if (!refund) return 'unknown'
    if (refund.state === 'done' && result === 'done' && refund.reference === null && reference !== null) {
      nameRefund(context, refund, reference, by)
      return 'recorded'
    }
    if (refund.state !== 'sent' && refund.state !== 'uncertain') return 'not-filed'
    if (refund.state === 'sent' && result === 'not-done') return 'not-lost'
    const { event, state } = AFTER[result]
    setRefundState(db, refundId, { state, reference, detail, method, endedAtMs: isEnd(state) ? nowMs : null })
    const payment = refund.paymentId === null ? undefined : paymentById(db, refund.paymentId)
    if (result === 'done') bookRefundDone(context, refund)
    if (result === 'failed') bookRefundFailed(context, refund, owedBy(context, refund, payment))
    const { amountCents, receipt } = refund
    if (!payment && result === 'done') context.journal.record('money.refunded', { refundId, amountCents, receipt })
    if (!payment) return 'recorded'
    movePayment(context, payment, event, { detail: reference ?? detail ?? `refund ${result}`, by })
    if (result === 'done') {
      const { id: paymentId, currency } = payment
      context.journal.record('payment.refunded', { paymentId, refundId, amountCents, currency })
    }
    if (result === 'failed')
      context.journal.record('payment.review_needed', { paymentId: payment.id, reason: 'refund-failed' })
    return 'recorded'
  },
)

/** M-PESA's number for money that went back, told after it had. */
export function nameRefund(context: CommandContext, { id, paymentId }: RefundRow, reference: string, by: string): void {
  setRefundNumber(context.db, id, reference)
  const payment = paymentId === null ? undefined : paymentById(context.db, paymentId)
  if (payment) movePayment(context, payment, 'REFUND_OK', { detail: reference, by })
}

function file(context: CommandContext, refund: RefundRow, by: string): void {
  const { db } = context
  const about = refund.paymentId === null ? undefined : paymentById(db, refund.paymentId)
  const pays = about && receiptOfPayment(db, about.id)?.id === refund.receiptId
  // Since it was asked for the purchase may have been paid by other money: that purchase stands.
  const payment = pays || about?.state === 'REVIEW' ? about : undefined
  bookRefundFiled(context, refund, owedBy(context, refund, payment))
  const filed = {
    ...{ refundId: refund.id, amountCents: refund.amountCents, receipt: refund.receipt, reason: refund.reason },
    ...{ requestedBy: refund.requestedBy, approvedBy: by === refund.requestedBy ? null : by },
  }
  if (!payment) {
    setAlone(db, refund.id)
    context.journal.record('money.refund_filed', filed)
    return
  }
  movePayment(context, payment, 'REFUND_REQUEST', { detail: refund.reason, by })
  withdrawVoucherOf(context, payment.id)
  context.journal.record('payment.refund_filed', { paymentId: payment.id, ...filed })
}

/** Under which head the money stands while it is not on its way back. */
function owedBy({ db }: CommandContext, { receiptId }: RefundRow, payment: PaymentRow | undefined): Account {
  if (receiptById(db, receiptId)?.paymentId === null) return 'unallocated'
  return payment?.state === 'FULFILLED' ? 'wifi_sales' : 'prepaid'
}

/** The money of a purchase: what paid it, or what was set aside about it. */
function receiptToRefund({ db }: CommandContext, payment: PaymentRow, number: string | null): ReceiptRow | undefined {
  const aside = asideReceiptsOf(db, payment.id)
  const own = receiptOfPayment(db, payment.id)
  const all = own ? [own, ...aside] : aside
  if (number !== null) return all.find(({ receipt }) => receipt === number)
  if (payment.state === 'REVIEW') return all.length === 1 ? all[0] : undefined
  return own
}

/** Money that is nobody's purchase, and cannot be what has paid one without a number. */
function freeReceipt({ db }: CommandContext, number: string | null): ReceiptRow | undefined {
  const receipt = number === null ? undefined : receiptByNumber(db, number)
  if (receipt?.paymentId !== null || receipt.duplicateOf !== null || receipt.aboutPaymentId !== null) return undefined
  return mayBeCounted(db, receipt.id) ? undefined : receipt
}

const isEnd = (state: RefundRow['state']) => state === 'done' || state === 'failed'

export const refundCommands = [requestRefund, decideOnRefund, recordRefundResult]
