import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type AttemptRow, adoptIds, attemptByTokenHash, closeAttempt, latestAttempt } from './attempt-table.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'
import { hashCallbackToken } from './push-attempt.ts'
import {
  allocateReceipt,
  bindReceiptNumber,
  type Channel,
  insertReceipt,
  receiptByNumber,
  receiptOfPayment,
} from './receipt-table.ts'

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
  | { kind: 'failed'; merchantRequestId: string; checkoutRequestId: string; resultCode: string; failureCode: string }
  | { kind: 'malformed'; reason: string }

export interface CallbackInput {
  token: string
  body: string
  evidence: Evidence
  sourceAddress: string
}

/** `unknown-token` stores nothing; everything else is on disk before the answer. */
export type CallbackOutcome = 'unknown-token' | 'paid' | 'failed' | 'no-change' | 'review' | 'malformed'

/** M-PESA may call back twice, in any order, or never; only the first success counts, and no failure ever undoes it. */
export const receiveCallback = command(
  'payments.receive-callback',
  (context, input: CallbackInput): CallbackOutcome => {
    const attempt = attemptByTokenHash(context.db, hashCallbackToken(input.token))
    const payment = attempt && paymentById(context.db, attempt.paymentId)
    if (!attempt || !payment) return 'unknown-token'
    const outcome = weigh(context, payment, attempt, input.evidence, 'stk_callback')
    keep(context, attempt, input, outcome)
    return outcome
  },
)

/** What M-PESA's status query says. It has no receipt number and no amount: success means the amount that was asked for. */
export const recordQueryAnswer = command(
  'payments.record-query-answer',
  (
    context,
    {
      paymentId,
      answer,
    }: { paymentId: string; answer: { kind: 'paid' } | { kind: 'failed'; resultCode: string; failureCode: string } },
  ): CallbackOutcome => {
    const payment = paymentById(context.db, paymentId)
    const attempt = payment && latestAttempt(context.db, paymentId)
    if (!payment || !attempt?.checkoutRequestId || !attempt.merchantRequestId) return 'no-change'
    const ids = { merchantRequestId: attempt.merchantRequestId, checkoutRequestId: attempt.checkoutRequestId }
    if (answer.kind === 'failed') return fail(context, payment, attempt, { ...ids, ...answer })
    return isPaid(payment.state)
      ? 'no-change'
      : credit(context, payment, attempt, {
          channel: 'stk_query',
          receipt: null,
          checkoutRequestId: ids.checkoutRequestId,
          amountCents: payment.amountCents,
          payerPhone: null,
          paidAtMs: null,
        })
  },
)

/** The customer has waited long enough. Nothing is decided by it: money that comes later still counts. */
export const missDeadline = command('payments.miss-deadline', (context, { paymentId }: { paymentId: string }) => {
  const payment = paymentById(context.db, paymentId)
  if (!payment) return
  const to = movePayment(context, payment, 'DEADLINE', {
    detail: 'no answer in the customer’s window',
    failureCode: 'unknown',
  })
  const attempt = latestAttempt(context.db, paymentId)
  if (to !== payment.state && attempt) closeAttempt(context.db, attempt.id, 'expired')
})

function weigh(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  evidence: Evidence,
  channel: Channel,
): CallbackOutcome {
  if (evidence.kind === 'malformed') {
    context.log.warn(
      { paymentId: payment.id, reason: evidence.reason },
      'a callback on a valid token could not be read',
    )
    return 'malformed'
  }
  const idsFit = attempt.checkoutRequestId === null || attempt.checkoutRequestId === evidence.checkoutRequestId
  if (idsFit && attempt.checkoutRequestId === null) adoptIds(context.db, attempt.id, evidence)
  if (evidence.kind === 'failed') return idsFit ? fail(context, payment, attempt, evidence) : 'no-change'

  const money = {
    channel,
    receipt: evidence.receipt ?? null,
    checkoutRequestId: evidence.checkoutRequestId,
    amountCents: evidence.amountCents ?? payment.amountCents,
    payerPhone: evidence.phoneNumber ?? null,
    paidAtMs: evidence.paidAtMs ?? null,
  }
  const fault = faultOf(context, payment, evidence, idsFit)
  return fault === undefined ? credit(context, payment, attempt, money) : review(context, payment, money, fault)
}

function faultOf(
  { db }: CommandContext,
  payment: PaymentRow,
  evidence: Extract<Evidence, { kind: 'paid' }>,
  idsFit: boolean,
): string | undefined {
  if (!idsFit) return 'other-ids'
  if (evidence.receipt === undefined) return 'no-receipt'
  if (evidence.amountCents !== payment.amountCents) return 'wrong-amount'
  const owner = receiptByNumber(db, evidence.receipt)?.paymentId
  return owner !== undefined && owner !== null && owner !== payment.id ? 'receipt-of-another-payment' : undefined
}

type Money = Omit<Parameters<typeof insertReceipt>[1], 'paymentId' | 'nowMs'>

/** Money proven. On entry to PAID exactly one receipt is allocated, and exactly one fact makes the rest happen. */
function credit(context: CommandContext, payment: PaymentRow, attempt: AttemptRow, money: Money): CallbackOutcome {
  const { db, journal, nowMs } = context
  if (isPaid(payment.state)) return creditAgain(context, payment, money)
  const kept = money.receipt === null ? undefined : receiptByNumber(db, money.receipt)
  if (kept) allocateReceipt(db, kept.id, payment.id)
  else insertReceipt(db, { ...money, paymentId: payment.id, nowMs })
  movePayment(context, payment, 'MONEY', {
    detail: money.receipt ?? 'no receipt number yet',
    verifiedBy: money.channel,
  })
  closeAttempt(db, attempt.id, 'paid')
  journal.record('payment.completed', {
    paymentId: payment.id,
    packageId: payment.packageId,
    amountCents: payment.amountCents,
    currency: payment.currency,
    receipt: money.receipt,
    verifiedBy: money.channel,
  })
  return 'paid'
}

/** Paid already: the same receipt is a repeat, a missing number is filled in, another receipt is a second payment to give back. */
function creditAgain(context: CommandContext, payment: PaymentRow, money: Money): CallbackOutcome {
  const { db, journal, nowMs } = context
  movePayment(context, payment, 'MONEY', { detail: money.receipt ?? 'no receipt number' })
  const own = receiptOfPayment(db, payment.id)
  if (money.receipt === null || own?.receipt === money.receipt || receiptByNumber(db, money.receipt)) return 'no-change'
  if (own && own.receipt === null && own.checkoutRequestId === money.checkoutRequestId) {
    bindReceiptNumber(db, own.id, money.receipt)
    return 'no-change'
  }
  insertReceipt(db, { ...money, checkoutRequestId: null, paymentId: null, nowMs })
  journal.record('payment.review_needed', { paymentId: payment.id, reason: 'second-payment' })
  return 'no-change'
}

/** Money that does not fit is kept, never credited, never lost; a person decides. */
function review(context: CommandContext, payment: PaymentRow, money: Money, fault: string): CallbackOutcome {
  const { db, journal, nowMs } = context
  const to = movePayment(context, payment, 'MONEY_WITH_FAULT', { detail: fault, failureCode: fault })
  if (money.receipt !== null && !receiptByNumber(db, money.receipt)) {
    insertReceipt(db, { ...money, checkoutRequestId: null, paymentId: null, nowMs })
  }
  if (to === payment.state) return 'no-change'
  journal.record('payment.review_needed', { paymentId: payment.id, reason: fault })
  return 'review'
}

function fail(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  { resultCode, failureCode }: { resultCode: string; failureCode: string },
): CallbackOutcome {
  const to = movePayment(context, payment, 'FAILURE', { detail: `result ${resultCode}`, failureCode })
  if (to === payment.state) return 'no-change'
  closeAttempt(context.db, attempt.id, 'declined')
  context.journal.record('payment.failed', { paymentId: payment.id, state: to, failureCode })
  return 'failed'
}

/** Every callback on a valid token is kept as it came; a repeat is counted. */
function keep(
  { db, nowMs }: CommandContext,
  attempt: AttemptRow,
  { body, sourceAddress }: CallbackInput,
  outcome: string,
): void {
  sql(
    db,
    `INSERT INTO callback_inbox (attempt_id, body_sha256, body, source_address, received_at_ms, outcome) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (attempt_id, body_sha256) DO UPDATE SET repeats = repeats + 1`,
  ).run(attempt.id, createHash('sha256').update(body).digest(), body, sourceAddress, nowMs, outcome)
}

export const settleCommands = [receiveCallback, recordQueryAnswer, missDeadline]
