import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { attemptById, attemptByTokenHash, latestAttempt } from './attempt-table.ts'
import { credit, keptReceipt, type Money, setAside, wasSetAsideFor } from './credit.ts'
import { keepCallback, NOT_WEIGHED, noteWeighed, WAITING, weighed } from './inbox.ts'
import { movePayment } from './move-payment.ts'
import { isPaid } from './payment-states.ts'
import { paymentById } from './payment-table.ts'
import { hashCallbackToken } from './push-attempt.ts'
import { UNKNOWN_PAYER } from './receipt-table.ts'
import { mayBeSpent } from './same-money.ts'
import { type Evidence, type PaymentFailure, recordFailure, type WeighOutcome, weigh } from './weigh.ts'

export interface CallbackInput {
  token: string
  body: string
  /** Undefined when nobody has looked into the body, because it came in a crowd. */
  evidence: Evidence | undefined
  sourceAddress: string
}

/** `unknown-token` stores nothing; everything else is on disk before the answer. */
export type CallbackOutcome = 'unknown-token' | typeof NOT_WEIGHED | typeof WAITING | WeighOutcome

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

/** Weighs the callbacks of a crowd. One at which our own code fails stays kept, and is weighed again later. */
export const weighWaitingCallbacks = command(
  'payments.weigh-waiting-callbacks',
  (context, { callbacks }: { callbacks: readonly { messageId: number; evidence: Evidence }[] }) => {
    for (const { messageId, evidence } of callbacks) {
      const outcome = weighed(context, () => weighKept(context, messageId, WAITING, evidence))
      if (outcome !== undefined) noteWeighed(context, 'callback', messageId, outcome)
    }
  },
)

/** Weighs a callback that was only kept, because our own code had failed at it. Throws when it still fails. */
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
    if (answer.kind === 'failed') return recordFailure(context, payment, attempt, answer, { by: 'stk_query' })
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

/** Weighs a kept callback; undefined when somebody else has weighed it in the meantime. */
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

const sha256 = (body: string) => createHash('sha256').update(body).digest()

export const answerCommands = [receiveCallback, weighWaitingCallbacks, weighCallback, recordQueryAnswer]
