import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type AttemptRow, adoptIds, closeAttempt } from './attempt-table.ts'
import { type CreditOutcome, credit, type Fault, type Money, setAside } from './credit.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import type { PaymentRow } from './payment-table.ts'
import { confirmReceipt, receiptById, receiptByNumber, UNKNOWN_PAYER } from './receipt-table.ts'

/** Why M-PESA says that it failed, and when trying again makes sense. */
export interface PaymentFailure {
  resultCode: string
  failureCode: string
  retryAfterSeconds?: number
}

/** What a channel says about an attempt. Amounts in cents; undefined = the message did not say. */
export type Evidence =
  | {
      kind: 'paid'
      merchantRequestId: string
      checkoutRequestId: string
      amountCents: number | undefined
      receipt: string | undefined
      phoneNumber: string | undefined
      paidAtMs: number | undefined
    }
  | ({ kind: 'failed'; merchantRequestId: string; checkoutRequestId: string } & PaymentFailure)
  | { kind: 'malformed'; reason: string }

/** What an answer came to. `malformed`: it could not be read. */
export type WeighOutcome = 'malformed' | 'failed' | CreditOutcome

/** Decides what a callback that was made for this attempt proves, and moves the payment. */
export function weigh(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  evidence: Evidence,
  bodySha256: Buffer,
): WeighOutcome {
  const said = { by: 'stk_callback', evidence: bodySha256.toString('hex') }
  if (evidence.kind === 'malformed') {
    context.log.warn(
      { paymentId: payment.id, reason: evidence.reason },
      'a callback on a valid token could not be read',
    )
    return 'malformed'
  }
  const idsFit = fitIds(context, attempt, evidence)
  if (evidence.kind === 'failed') return idsFit ? recordFailure(context, payment, attempt, evidence, said) : 'no-change'

  const money: Money = {
    channel: 'stk_callback',
    receipt: evidence.receipt ?? null,
    checkoutRequestId: evidence.checkoutRequestId,
    amountCents: evidence.amountCents ?? payment.amountCents,
    billReference: null,
    payer: { ...UNKNOWN_PAYER, phone: evidence.phoneNumber ?? null },
    paidAtMs: evidence.paidAtMs ?? null,
    evidence: said.evidence,
  }
  const { receipt, amountCents } = evidence
  if (receipt !== undefined && amountCents !== undefined)
    confirmReceipt(context.db, { receipt, amountCents }, context.nowMs)
  const fault = faultOf(context, payment, evidence, idsFit)
  return fault === undefined ? credit(context, payment, attempt, money) : setAside(context, payment, money, fault)
}

/** Whether these are the attempt's own ids. When the push answer has not come, the first ids that are heard become its own. */
function fitIds(
  { db }: CommandContext,
  attempt: AttemptRow,
  ids: { merchantRequestId: string; checkoutRequestId: string },
): boolean {
  if (attempt.checkoutRequestId === null) return adoptIds(db, attempt.id, ids)
  return attempt.checkoutRequestId === ids.checkoutRequestId && attempt.merchantRequestId === ids.merchantRequestId
}

function faultOf(
  { db }: CommandContext,
  payment: PaymentRow,
  { amountCents, receipt }: Extract<Evidence, { kind: 'paid' }>,
  idsFit: boolean,
): Fault | undefined {
  if (!idsFit) return 'other-ids'
  if (amountCents !== undefined && amountCents !== payment.amountCents) return 'wrong-amount'
  if (receipt === undefined) return 'no-receipt'
  const known = receiptByNumber(db, receipt)
  const counted = known && known.duplicateOf !== null ? receiptById(db, known.duplicateOf) : known
  if (counted && counted.paymentId !== null && counted.paymentId !== payment.id) return 'receipt-of-another-payment'
  if (known && known.amountCents !== payment.amountCents) return 'wrong-amount'
  // Of a paid purchase nothing but the number is news.
  return amountCents === undefined && !isPaid(payment.state) ? 'no-amount' : undefined
}

/** M-PESA says that the payment has failed. No failure undoes what was paid. */
export function recordFailure(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  { resultCode, failureCode, retryAfterSeconds }: PaymentFailure,
  said: { by: string; evidence?: string },
): WeighOutcome {
  const to = movePayment(context, payment, 'FAILURE', {
    ...said,
    detail: `result ${resultCode}`,
    failureCode,
    ...(retryAfterSeconds !== undefined && { retryAtMs: context.nowMs + retryAfterSeconds * 1000 }),
  })
  if (to === payment.state) {
    if (isNewsOf(context, payment)) {
      context.journal.record('payment.failed', { paymentId: payment.id, state: to, failureCode })
    }
    return 'no-change'
  }
  closeAttempt(context.db, attempt.id, 'declined')
  context.journal.record('payment.failed', { paymentId: payment.id, state: to, failureCode })
  return 'failed'
}

/** Whether this is the first definite word after we had given up waiting. Asked once the move is written down. */
function isNewsOf({ db }: CommandContext, { id, state }: PaymentRow): boolean {
  if (state !== 'EXPIRED') return false
  const told = sql(db, "SELECT count(*) FROM payment_history WHERE payment_id = ? AND event = 'FAILURE'").pluck()
  return told.get(id) === 1
}
