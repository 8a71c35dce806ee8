import * as z from 'zod'
import { openProvisional } from '../../src/access/provisional.ts'
import { latestAttempt } from '../../src/billing/attempt-table.ts'
import { recordQueryAnswer } from '../../src/billing/payment-answers.ts'
import { missDeadline } from '../../src/billing/payment-deadlines.ts'
import { CUSTOMER_WINDOW_MS, isPaid, isWaiting, type PaymentState } from '../../src/billing/payment-states.ts'
import { paymentById, promptedBetween } from '../../src/billing/payment-table.ts'
import { wasRejectedByHand } from '../../src/billing/undecided-payment.ts'
import { done, type JobOutcome, snooze } from '../../src/flow/job-outcome.ts'
import { paymentFailureOf } from '../../src/mpesa/evidence.ts'
import type { QueryAnswer } from '../../src/mpesa/query-answer.ts'
import type { QueryPace } from '../../src/mpesa/query-pace.ts'
import { defineJob, type JobServices } from '../services.ts'

const MINUTE_MS = 60_000

/** Sooner the callback is likelier than an answer. */
const FIRST_ASK_MS = 10_000

/** While the customer waits. */
const NEXT_ASK_MS = 15_000

/** When a payment is asked about after the customer's window, counted from its request. */
const LATER_ASKS_MS = [3, 5, 10, 30, 120, 360, 1440, 2880].map((minutes) => minutes * MINUTE_MS)

/** Between the last of these and the closing of what nobody paid. */
const UNTIL_CLOSED_MS = 120 * MINUTE_MS

/**
 * Follows one payment until it is settled: asks M-PESA when no callback comes, and tells the customer when the window is
 * over. Each look costs no attempt; a callback ends the asking.
 */
export const reconcilePayments = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  attempts: 10,
  timeoutMs: 30_000,
  uniqueBy: ({ paymentId }) => paymentId,
  async run({ paymentId }, services) {
    const { store, db, mpesa, provisional, clock } = services
    const payment = paymentById(db, paymentId)
    if (!payment || !mpesa || isPaid(payment.state) || wasRejectedByHand(db, payment)) return done()
    const ageMs = clock.nowMs() - payment.createdAtMs

    const checkoutRequestId = latestAttempt(db, paymentId)?.checkoutRequestId ?? undefined
    // It may have been closed while there was no way to ask: it is asked about until M-PESA has answered.
    const isClosed = payment.state === 'CLOSED_UNPAID'
    // A refused push never prompted the phone; there is nothing to ask about.
    if ((isClosed || payment.state === 'REJECTED') && checkoutRequestId === undefined) return done()
    let turn = checkoutRequestId === undefined ? undefined : mpesa.pace.take()
    if (checkoutRequestId !== undefined && turn?.ok) {
      const asked = newestWaiting(services, mpesa.pace) ?? { paymentId, checkoutRequestId }
      const answer = await ask(services, mpesa, asked)
      // Asked about another, or refused as one question too many: this one comes back for the next turn.
      if (asked.paymentId !== paymentId || answer === 'slow-down') turn = mpesa.pace.waiting()
      else if (answer === 'paid' || (isClosed && (await isLastWord(services, answer)))) return done()
    }
    if (isWaiting(payment.state) && ageMs >= CUSTOMER_WINDOW_MS) await store.run(missDeadline, { paymentId })
    if (provisional && paymentById(db, paymentId)?.state === 'EXPIRED') {
      await store.run(openProvisional, { paymentId, because: 'uncertain', allowance: provisional })
    }
    return turn && !turn.ok ? nextTurn(turn.waitMs, ageMs) : nextLook(ageMs, payment.state)
  },
})

/** Of a payment that is closed. M-PESA says nothing at times of what it knows, and always of what it has forgotten: it is asked twice. */
async function isLastWord({ step }: JobServices, answer: QueryAnswer['outcome']): Promise<boolean> {
  if (answer === 'unreached') return false
  let isFirst = false
  if (answer === 'no-answer' || answer === 'pending') {
    await step('nothing was said', async () => {
      isFirst = true
      return true
    })
  }
  return !isFirst
}

interface Prompt {
  paymentId: string
  checkoutRequestId: string
}

/** Whoever has the turn gives it to the customer who came last and looks at the phone; what is older than that has time. */
function newestWaiting({ db, clock }: JobServices, pace: QueryPace): Prompt | undefined {
  const nowMs = clock.nowMs()
  const looking = promptedBetween(db, { fromMs: nowMs - CUSTOMER_WINDOW_MS, untilMs: nowMs - FIRST_ASK_MS })
  return pace.choose(looking, NEXT_ASK_MS)
}

async function ask(
  { store, signal, log }: JobServices,
  { client, pace }: NonNullable<JobServices['mpesa']>,
  { paymentId, checkoutRequestId }: Prompt,
): Promise<QueryAnswer['outcome']> {
  const answer = await client.query(checkoutRequestId, signal)
  log.info({ paymentId, answer: answer.outcome }, 'asked M-PESA')
  switch (answer.outcome) {
    case 'slow-down':
      pace.slowDown(paymentId)
      break
    case 'no-answer':
    case 'unreached':
      break
    case 'pending':
      pace.clean()
      break
    case 'paid':
      pace.clean()
      await store.run(recordQueryAnswer, { paymentId, answer: { kind: 'paid' } })
      break
    case 'failed':
      pace.clean()
      await store.run(recordQueryAnswer, {
        paymentId,
        answer: { kind: 'failed', ...paymentFailureOf(answer.resultCode) },
      })
  }
  return answer.outcome
}

/** The whole site takes turns. Those who wait for one come back at slightly different times, so that none always loses. */
function nextTurn(waitMs: number, ageMs: number): JobOutcome {
  const delayMs = Math.ceil(waitMs * (1 + Math.random() / 4))
  return snooze(ageMs < CUSTOMER_WINDOW_MS ? Math.min(delayMs, CUSTOMER_WINDOW_MS - ageMs) : delayMs)
}

/** No age ends the asking, for the clock may be wrong: that is done by whoever closes what nobody paid. */
function nextLook(ageMs: number, state: PaymentState): JobOutcome {
  if (ageMs < CUSTOMER_WINDOW_MS) return snooze(Math.min(NEXT_ASK_MS, CUSTOMER_WINDOW_MS - ageMs))
  const next = LATER_ASKS_MS.find((atMs) => atMs > ageMs)
  if (next !== undefined) return snooze(next - ageMs)
  // A person decides, or nobody was ever asked for money.
  return state === 'REVIEW' || state === 'CREATED' ? done() : snooze(UNTIL_CLOSED_MS)
}
