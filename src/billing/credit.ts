import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { type AttemptRow, closeAttempt } from './attempt-table.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import type { PaymentRow } from './payment-table.ts'
import {
  allocateReceipt,
  bindReceiptNumber,
  insertReceipt,
  type ReceiptRow,
  receiptByCheckoutId,
  receiptByNumber,
  receiptOfPayment,
} from './receipt-table.ts'

/** Money as a channel tells of it; `checkoutRequestId` is the prompt's that it says was paid. */
export type Money = Omit<Parameters<typeof insertReceipt>[1], 'paymentId' | 'nowMs' | 'checkoutRequestId'> & {
  checkoutRequestId: string
}

/** Why money is not believed as it stands. */
export type Fault = 'other-ids' | 'wrong-amount' | 'no-amount' | 'no-receipt' | 'receipt-of-another-payment'

export type CreditOutcome = 'paid' | 'review' | 'no-change'

/** Money proven. On entry to PAID exactly one receipt is allocated, and exactly one fact makes the rest happen. */
export function credit(context: CommandContext, payment: PaymentRow, attempt: AttemptRow, money: Money): CreditOutcome {
  const { db, journal, nowMs } = context
  const own = receiptOfPayment(db, payment.id)
  if (own || isPaid(payment.state)) return creditAgain(context, payment, own, money)
  const kept = keptReceipt(db, money)
  if (kept) allocateReceipt(db, kept.id, payment.id)
  else insertReceipt(db, { ...money, ...freeCheckoutId(db, money), paymentId: payment.id, nowMs })
  const receipt = kept?.receipt ?? money.receipt
  movePayment(context, payment, 'MONEY', { detail: receipt ?? 'no receipt number yet', verifiedBy: money.channel })
  closeAttempt(db, attempt.id, 'paid')
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
  const to = movePayment(context, payment, 'MONEY_WITH_FAULT', { detail: fault, failureCode: fault })
  const isNew = money.receipt !== null && !receiptByNumber(db, money.receipt)
  // A receipt of this very prompt that only lacks its amount is this purchase's, once M-PESA says that it was paid.
  if (isNew) keep(context, money, fault === 'no-amount' ? freeCheckoutId(db, money) : { checkoutRequestId: null })
  if (isNew || to !== payment.state) journal.record('payment.review_needed', { paymentId: payment.id, reason: fault })
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
  movePayment(context, payment, event, { detail: money.receipt ?? 'no receipt number' })
  if (money.receipt === null || receiptByNumber(db, money.receipt)) return 'no-change'
  if (own && own.receipt === null && own.checkoutRequestId === money.checkoutRequestId) {
    bindReceiptNumber(db, own.id, money.receipt)
    return 'no-change'
  }
  keep(context, money, { checkoutRequestId: null })
  journal.record('payment.review_needed', { paymentId: payment.id, reason: 'second-payment' })
  return 'no-change'
}

function keep(
  { db, nowMs }: CommandContext,
  money: Money,
  { checkoutRequestId }: { checkoutRequestId: string | null },
): void {
  insertReceipt(db, { ...money, checkoutRequestId, paymentId: null, nowMs })
}

/** Money that was kept aside earlier, by its number, or of the same prompt when this channel has no number. */
function keptReceipt(db: Db, { receipt, checkoutRequestId }: Money): ReceiptRow | undefined {
  return receipt === null ? receiptByCheckoutId(db, checkoutRequestId) : receiptByNumber(db, receipt)
}

/** One receipt per prompt; a further one stands by its number alone. */
const freeCheckoutId = (db: Db, { checkoutRequestId }: Money) => ({
  checkoutRequestId: receiptByCheckoutId(db, checkoutRequestId) ? null : checkoutRequestId,
})
