import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { closeAttempt, latestAttempt } from './attempt-table.ts'
import { movePayment } from './move-payment.ts'
import { paymentById, unpaidBefore } from './payment-table.ts'
import { placeLooseMoney } from './walk-in.ts'

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

/** At most so many in one commit. */
const GIVEN_UP_AT_ONCE = 500

/**
 * Closes payments for which nobody waits any more and every channel has been asked; money that comes later still counts. `more`
 * says to ask again.
 */
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
