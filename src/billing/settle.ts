import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import {
  type AttemptRow,
  adoptIds,
  attemptById,
  attemptByTokenHash,
  closeAttempt,
  latestAttempt,
} from './attempt-table.ts'
import { type CreditOutcome, credit, type Fault, keptReceipt, type Money, setAside, wasSetAsideFor } from './credit.ts'
import { keepCallback, NOT_WEIGHED, noteWeighed, WAITING, weighed } from './inbox.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import { type PaymentRow, paymentById, unpaidBefore } from './payment-table.ts'
import { hashCallbackToken } from './push-attempt.ts'
import { confirmReceipt, receiptById, receiptByNumber, UNKNOWN_PAYER } from './receipt-table.ts'
import { mayBeSpent } from './same-money.ts'
import { placeLooseMoney } from './walk-in.ts'

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

export interface CallbackInput {
  token: string
  body: string
  /** Undefined when nobody has looked into the body, because it came in a crowd. */
  evidence: Evidence | undefined
  sourceAddress: string
}

/** `unknown-token` stores nothing; everything else is on disk before the answer. */
export type CallbackOutcome =
  | 'unknown-token'
  | 'malformed'
  | 'failed'
  | typeof NOT_WEIGHED
  | typeof WAITING
  | CreditOutcome

/** M-PESA may call back twice, in any order, or never; only the first success counts, and no failure ever undoes it. */
export const receiveCallback = command(
  'payments.receive-callback',
  (context, input: CallbackInput): CallbackOutcome => {
    const attempt = attemptByTokenHash(context.db, hashCallbackToken(input.token))
    const payment = attempt && paymentById(context.db, attempt.paymentId)
    if (!attempt || !payment) return 'unknown-token'
    const bodySha256 = sha256(input.body)
    const { evidence } = input
    const outcome =
      evidence === undefined || context.isCrowded
        ? WAITING
        : weighed(context, () => weigh(context, payment, attempt, evidence, bodySha256))
    keepCallback(context, attempt.id, { body: input.body, bodySha256, source: input.sourceAddress, outcome })
    if (outcome === WAITING) context.queue.enqueue({ name: 'weigh-waiting-callbacks', payload: {} })
    return outcome
  },
)

/** Those of a crowd. One at which our own code fails becomes one that was only kept. */
export const weighWaitingCallbacks = command(
  'payments.weigh-waiting-callbacks',
  (context, { callbacks }: { callbacks: readonly { messageId: number; evidence: Evidence }[] }) => {
    for (const { messageId, evidence } of callbacks) {
      const outcome = weighed(context, () => weighKept(context, messageId, WAITING, evidence))
      if (outcome !== undefined) noteWeighed(context, 'callback', messageId, outcome)
    }
  },
)

/** One that was only kept, because our own code had failed at it. Throws when it still does. */
export const weighCallback = command(
  'payments.weigh-callback',
  (context, { messageId, evidence }: { messageId: number; evidence: Evidence }) => {
    const outcome = weighKept(context, messageId, NOT_WEIGHED, evidence)
    if (outcome !== undefined) noteWeighed(context, 'callback', messageId, outcome)
  },
)

/**
 * What M-PESA's status query says. It has no receipt number and no amount: success means the amount that was asked for,
 * unless a callback has named another one, which only a person can resolve.
 */
export const recordQueryAnswer = command(
  'payments.record-query-answer',
  (
    context,
    { paymentId, answer }: { paymentId: string; answer: { kind: 'paid' } | ({ kind: 'failed' } & PaymentFailure) },
  ): CallbackOutcome => {
    const payment = paymentById(context.db, paymentId)
    const attempt = payment && latestAttempt(context.db, paymentId)
    if (!payment || !attempt?.checkoutRequestId) return 'no-change'
    if (answer.kind === 'failed') return fail(context, payment, attempt, answer, { by: 'stk_query' })
    if (isPaid(payment.state)) return 'no-change'
    if (wasSetAsideFor(context.db, paymentId, 'wrong-amount')) {
      movePayment(context, payment, 'MONEY_WITH_FAULT', {
        detail: 'M-PESA says paid; a callback named another amount',
        by: 'stk_query',
      })
      return 'no-change'
    }
    const money: Money = {
      ...{ channel: 'stk_query', receipt: null, checkoutRequestId: attempt.checkoutRequestId },
      ...{ amountCents: payment.amountCents, billReference: null, payer: UNKNOWN_PAYER, paidAtMs: null },
    }
    // It may be the money of a receipt that has bought something already, or is going back: only a person can tell.
    const fault = 'receipt-of-another-payment'
    const isDoubtful = wasSetAsideFor(context.db, paymentId, fault) || mayBeSpent(context.db, payment)
    if (isDoubtful && !keptReceipt(context.db, payment, money)) return setAside(context, payment, money, fault)
    return credit(context, payment, attempt, money)
  },
)

/** The customer has waited long enough. Nothing is decided by it: money that comes later still counts. */
export const missDeadline = command('payments.miss-deadline', (context, { paymentId }: { paymentId: string }) => {
  const payment = paymentById(context.db, paymentId)
  if (!payment) return
  const failureCode = 'unknown'
  const to = movePayment(context, payment, 'DEADLINE', { detail: 'no answer in the customer’s window', failureCode })
  if (to === payment.state) return
  const attempt = latestAttempt(context.db, paymentId)
  if (attempt) closeAttempt(context.db, attempt.id, 'expired')
  context.journal.record('payment.failed', { paymentId, state: to, failureCode })
})

/** Nothing when somebody else has weighed it in the meantime. */
function weighKept(
  context: CommandContext,
  messageId: number,
  was: typeof NOT_WEIGHED | typeof WAITING,
  evidence: Evidence,
): CallbackOutcome | undefined {
  const { db } = context
  const kept = sql(
    db,
    'SELECT attempt_id AS attemptId, body_sha256 AS bodySha256 FROM callback_inbox WHERE id = ? AND outcome = ?',
  ).get(messageId, was) as { attemptId: number; bodySha256: Buffer } | undefined
  if (!kept) return undefined
  const attempt = attemptById(db, kept.attemptId)
  const payment = attempt && paymentById(db, attempt.paymentId)
  return payment ? weigh(context, payment, attempt, evidence, kept.bodySha256) : 'unknown-token'
}

function weigh(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  evidence: Evidence,
  bodySha256: Buffer,
): CallbackOutcome {
  const said = { by: 'stk_callback', evidence: bodySha256.toString('hex') }
  if (evidence.kind === 'malformed') {
    context.log.warn(
      { paymentId: payment.id, reason: evidence.reason },
      'a callback on a valid token could not be read',
    )
    return 'malformed'
  }
  const idsFit = fitIds(context, attempt, evidence)
  if (evidence.kind === 'failed') return idsFit ? fail(context, payment, attempt, evidence, said) : 'no-change'

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

/** The attempt's own ids; the first ones that are heard, when the push answer has not come. */
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

function fail(
  context: CommandContext,
  payment: PaymentRow,
  attempt: AttemptRow,
  { resultCode, failureCode, retryAfterSeconds }: PaymentFailure,
  said: { by: string; evidence?: string },
): CallbackOutcome {
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

/** We had given up waiting, and this is the first definite word. It comes after the move was written down. */
function isNewsOf({ db }: CommandContext, { id, state }: PaymentRow): boolean {
  if (state !== 'EXPIRED') return false
  const told = sql(db, "SELECT count(*) FROM payment_history WHERE payment_id = ? AND event = 'FAILURE'").pluck()
  return told.get(id) === 1
}

const sha256 = (body: string) => createHash('sha256').update(body).digest()

/** At most so many in one commit. */
const GIVEN_UP_AT_ONCE = 500

/** Nobody waits and every channel has been asked: closed, though money that comes still counts. `more` says to ask again. */
export const giveUpPayments = command('payments.give-up', (context, { askedBeforeMs }: { askedBeforeMs: number }) => {
  // Nobody is given up by a wrong clock.
  if (!isTimeTrusted(context)) return { more: false }
  const old = unpaidBefore(context.db, askedBeforeMs, GIVEN_UP_AT_ONCE)
  for (const paymentId of old) {
    const payment = paymentById(context.db, paymentId)
    const failureCode = payment?.failureCode ?? 'unknown'
    if (!payment) continue
    movePayment(context, payment, 'GIVE_UP', { detail: 'no money in two days', failureCode })
    placeLooseMoney.run(context, { paymentId })
  }
  return { more: old.length === GIVEN_UP_AT_ONCE }
})

export const settleCommands = [
  receiveCallback,
  weighWaitingCallbacks,
  weighCallback,
  recordQueryAnswer,
  missDeadline,
  giveUpPayments,
]
