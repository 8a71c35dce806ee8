import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { type AttemptRow, closeAttempt } from './attempt-table.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import type { PaymentRow } from './payment-table.ts'
import { bookAllocation, bookDuplicate, bookReceipt, bookToldAmount } from './receipt-books.ts'
import {
  bindCheckoutId,
  bindReceiptNumber,
  completeReceipt,
  hasNumber,
  type NewReceipt,
  type ReceiptRow,
  receiptByCheckoutId,
  receiptByNumber,
  receiptOfPayment,
} from './receipt-table.ts'
import { liveRefundOf } from './refund-table.ts'
import { looseReceiptOf } from './same-money.ts'

/** Money as a channel tells of it; `checkoutRequestId` is the prompt's that it says was paid, if it names one. */
export type Money = Omit<NewReceipt, 'paymentId' | 'aboutPaymentId' | 'nowMs'> & {
  /** SHA-256 in hex of the message that tells it. */
  evidence?: string
}

/** Why money is not believed as it stands. */
export type Fault = 'other-ids' | 'wrong-amount' | 'no-amount' | 'no-receipt' | 'receipt-of-another-payment'

/** How the credit stands in the history, when a person decided it. */
interface CreditStory {
  event?: 'MONEY' | 'OPERATOR_APPROVE'
  by?: string
  detail?: string
}

export type CreditOutcome = 'paid' | 'review' | 'no-change'

/** Money proven. On entry to PAID exactly one receipt is allocated, and exactly one fact makes the rest happen. */
export function credit(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow | undefined,
  money: Money,
  { event = 'MONEY', by, detail }: CreditStory = {},
): CreditOutcome {
  const { db, journal } = context
  const own = receiptOfPayment(db, payment.id)
  if (own || isPaid(payment.state)) return creditAgain(context, payment, own, money)
  const kept = keptReceipt(db, payment, money)
  if (kept && liveRefundOf(db, kept.id)) {
    movePayment(context, payment, 'STILL_PENDING', { detail: 'this money is being given back', by: money.channel })
    return 'no-change'
  }
  const { checkoutRequestId } = freeCheckoutId(db, money)
  if (!kept) bookReceipt(context, { ...money, checkoutRequestId, paymentId: payment.id, aboutPaymentId: null })
  else {
    bookAllocation(context, kept, payment.id)
    if (checkoutRequestId !== null) bindCheckoutId(db, kept.id, checkoutRequestId)
  }
  const receipt = kept?.receipt ?? money.receipt
  movePayment(context, payment, event, {
    detail: detail ?? receipt ?? 'no receipt number yet',
    verifiedBy: money.channel,
    by: by ?? money.channel,
    evidence: money.evidence,
  })
  if (attempt) closeAttempt(db, attempt.id, 'paid')
  journal.record('payment.completed', {
    paymentId: payment.id,
    packageId: payment.packageId,
    amountCents: payment.amountCents,
    currency: payment.currency,
    receipt,
    verifiedBy: money.channel,
  })
  return 'paid'
}

/** Money that does not fit is kept, never credited, never lost; M-PESA is asked, or a person decides. */
export function setAside(context: CommandContext, payment: PaymentRow, money: Money, fault: Fault): CreditOutcome {
  const { db, journal } = context
  const own = receiptOfPayment(db, payment.id)
  if (fault === 'wrong-amount' && own && isUnnamed(db, own, money)) return creditAgain(context, payment, own, money)
  // Somebody was given something for it before M-PESA said whose it is: one payment has bought twice.
  const isTwice = fault === 'receipt-of-another-payment' && own && isUnnamed(db, own, money)
  const isNews = isTwice && !wasSetAsideFor(db, payment.id, fault)
  const to = movePayment(context, payment, 'MONEY_WITH_FAULT', {
    detail: fault,
    failureCode: fault,
    by: money.channel,
    evidence: money.evidence,
  })
  const isNew = money.receipt !== null && !receiptByNumber(db, money.receipt)
  // A receipt of this very prompt that only lacks its amount is this purchase's, once M-PESA says that it was paid.
  if (isNew)
    keep(context, payment, money, fault === 'no-amount' ? freeCheckoutId(db, money) : { checkoutRequestId: null })
  if (isNew || isNews || to !== payment.state)
    journal.record('payment.review_needed', { paymentId: payment.id, reason: fault })
  return to === payment.state ? 'no-change' : 'review'
}

/** Whether money for this purchase was ever set aside for that fault. */
export function wasSetAsideFor(db: Db, paymentId: string, fault: Fault): boolean {
  const found = sql(
    db,
    "SELECT 1 FROM payment_history WHERE payment_id = ? AND event = 'MONEY_WITH_FAULT' AND detail = ?",
  ).get(paymentId, fault)
  return found !== undefined
}

/** Paid already: the same receipt is a repeat, a missing number is filled in, another receipt is a second payment to give back. */
function creditAgain(
  context: CommandContext,
  payment: PaymentRow,
  own: ReceiptRow | undefined,
  money: Money,
): CreditOutcome {
  const { db, journal } = context
  const event = isPaid(payment.state) ? 'MONEY' : 'MONEY_WITH_FAULT'
  movePayment(context, payment, event, {
    detail: money.receipt ?? 'no receipt number',
    by: money.channel,
    evidence: money.evidence,
  })
  if (money.receipt === null) return 'no-change'
  const known = receiptByNumber(db, money.receipt)
  if (own && isUnnamed(db, own, money)) {
    nameMoney(context, payment, own, money, known)
    return 'no-change'
  }
  if (known) return 'no-change'
  keep(context, payment, money, { checkoutRequestId: null })
  journal.record('payment.review_needed', { paymentId: payment.id, reason: 'second-payment' })
  return 'no-change'
}

/** Of the same prompt, and until now without a number. */
const isUnnamed = (db: Db, own: ReceiptRow, { receipt, checkoutRequestId }: Money): boolean =>
  receipt !== null && own.checkoutRequestId === checkoutRequestId && !hasNumber(db, own)

/** Only a query had told of this purchase's money. Its number is told now, and its amount with it; both may stand in a row already. */
function nameMoney(
  context: CommandContext,
  payment: PaymentRow,
  own: ReceiptRow,
  money: Money,
  known: ReceiptRow | undefined,
): void {
  const { db, journal } = context
  const ask = (reason: string) => journal.record('payment.review_needed', { paymentId: payment.id, reason })
  if (known?.paymentId === null && liveRefundOf(db, known.id)) {
    // It stands in the books twice and goes back once: only a person can say whether the access may stay.
    ask('money-going-back')
    return
  }
  if (known && ((known.paymentId ?? known.duplicateOf) !== null || known.amountCents !== money.amountCents)) return
  if (money.amountCents !== own.amountCents) {
    ask('wrong-amount')
    if (liveRefundOf(db, own.id)) {
      if (!known) keep(context, payment, money, { checkoutRequestId: null })
      return
    }
    bookToldAmount(context, payment, own, money.amountCents)
  }
  if (known) bookDuplicate(context, known, own)
  else {
    bindReceiptNumber(db, own.id, money.receipt ?? '')
    completeReceipt(db, own.id, money)
  }
}

function keep(
  context: CommandContext,
  payment: PaymentRow,
  money: Money,
  { checkoutRequestId }: { checkoutRequestId: string | null },
): void {
  bookReceipt(context, { ...money, checkoutRequestId, paymentId: null, aboutPaymentId: payment.id })
}

/** Money that was kept aside earlier: by its number, or when this channel has none, of the same prompt, or of its payer. */
export function keptReceipt(
  db: Db,
  payment: PaymentRow,
  { receipt, checkoutRequestId }: Money,
): ReceiptRow | undefined {
  if (receipt !== null) return receiptByNumber(db, receipt)
  const ofPrompt = checkoutRequestId === null ? undefined : receiptByCheckoutId(db, checkoutRequestId)
  return ofPrompt ?? looseReceiptOf(db, payment)
}

/** One receipt per prompt; a further one stands by its number alone. */
const freeCheckoutId = (db: Db, { checkoutRequestId }: Money) => ({
  checkoutRequestId:
    checkoutRequestId !== null && receiptByCheckoutId(db, checkoutRequestId) ? null : checkoutRequestId,
})
