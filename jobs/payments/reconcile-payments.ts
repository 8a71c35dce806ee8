import { z } from 'zod'
import { latestAttempt } from '../../src/billing/attempt-table.ts'
import { ASKING_ENDS_MS, CUSTOMER_WINDOW_MS, isPaid, isWaiting } from '../../src/billing/payment-states.ts'
import { type PaymentRow, paymentById } from '../../src/billing/payment-table.ts'
import { missDeadline, recordQueryAnswer } from '../../src/billing/settle.ts'
import { done, type JobOutcome, snooze } from '../../src/flow/job-outcome.ts'
import { failureOf } from '../../src/mpesa/result-codes.ts'
import { defineJob } from '../services.ts'

const MINUTE_MS = 60_000

/** When a payment is asked about after the customer's window, counted from its request. */
const LATER_ASKS_MS = [3, 5, 10, 30, 120, 360, 1440, 2880].map((minutes) => minutes * MINUTE_MS)

/**
 * Follows one payment until it is settled: asks M-PESA when no callback comes, and tells the customer when the window is
 * over. Each look costs no attempt; a callback ends the asking.
 */
export const reconcilePayments = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  attempts: 3,
  timeoutMs: 30_000,
  uniqueBy: ({ paymentId }) => paymentId,
  async run({ paymentId }, { store, db, mpesa, clock, signal, log }) {
    const payment = paymentById(db, paymentId)
    if (!payment || !mpesa || isPaid(payment.state) || payment.state === 'CLOSED_UNPAID' || payment.state === 'REVIEW')
      return done()
    const ageMs = clock.nowMs() - payment.createdAtMs
    if (ageMs >= ASKING_ENDS_MS) return done()

    const attempt = latestAttempt(db, paymentId)
    if (attempt?.checkoutRequestId) {
      const turn = mpesa.pace.take()
      if (!turn.ok) return snooze(turn.waitMs)
      const answer = await mpesa.client.query(attempt.checkoutRequestId, signal)
      log.info({ paymentId, answer: answer.outcome }, 'asked M-PESA')
      if (answer.outcome === 'slow-down') mpesa.pace.slowDown()
      else mpesa.pace.clean()
      if (answer.outcome === 'paid') await store.run(recordQueryAnswer, { paymentId, answer: { kind: 'paid' } })
      if (answer.outcome === 'failed') {
        const { resultCode } = answer
        await store.run(recordQueryAnswer, {
          paymentId,
          answer: { kind: 'failed', resultCode, failureCode: failureOf(resultCode).code },
        })
      }
      if (answer.outcome === 'paid') return done()
    }
    if (isWaiting(payment.state) && ageMs >= CUSTOMER_WINDOW_MS) await store.run(missDeadline, { paymentId })
    return nextLook(payment, ageMs)
  },
})

function nextLook(payment: PaymentRow, ageMs: number): JobOutcome {
  if (ageMs < CUSTOMER_WINDOW_MS) return snooze(Math.min(12_000, CUSTOMER_WINDOW_MS - ageMs))
  // A refused push never prompted the phone; there is nothing to ask about.
  if (payment.state === 'REJECTED') return done()
  const next = LATER_ASKS_MS.find((atMs) => atMs > ageMs)
  return next === undefined ? done() : snooze(next - ageMs)
}
