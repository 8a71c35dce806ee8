import { createHash, randomBytes } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { adoptIds, attemptById, closeAttempt, insertAttempt, latestAttempt } from './attempt-table.ts'
import { movePayment } from './move-payment.ts'
import { PROMPT_LIFE_MS } from './payment-states.ts'
import { interruptedPayments, type PaymentRow, paymentById } from './payment-table.ts'

export type AttemptStart =
  | {
      outcome: 'send'
      attemptId: number
      callbackToken: string
      accountRef: string
      phoneNumber: string
      amountCents: number
    }
  /** Somebody has sent it already, or the purchase is settled. */
  | { outcome: 'nothing-to-send' }

/** What M-PESA said to a push; `lost` = it may have been received. */
export type PushOutcome =
  | { outcome: 'accepted'; merchantRequestId: string; checkoutRequestId: string }
  | { outcome: 'refused'; failureCode: string; retryAfterSeconds: number | null; detail: string }
  | { outcome: 'lost'; detail: string }

export const hashCallbackToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/**
 * Writes down that a push is about to be sent, with a reference and a callback token of its own. Only then may the network
 * be touched: whatever happens next, there is a row that the callback finds.
 */
export const startAttempt = command(
  'payments.start-attempt',
  (context, { paymentId }: { paymentId: string }): AttemptStart => {
    const { db, nowMs } = context
    const payment = paymentById(db, paymentId)
    if (payment?.state === 'SUBMITTING') recoverSubmit(context, payment)
    if (payment?.state !== 'CREATED' || payment.phoneNumber === null) return { outcome: 'nothing-to-send' }
    if (nowMs - payment.createdAtMs >= PROMPT_LIFE_MS) {
      abandon(context, payment)
      return { outcome: 'nothing-to-send' }
    }
    const callbackToken = randomBytes(24).toString('base64url')
    const accountRef = `ML${randomCode(8, READABLE)}`
    const number = (latestAttempt(db, paymentId)?.number ?? 0) + 1
    const attemptId = insertAttempt(db, {
      paymentId,
      number,
      accountRef,
      callbackTokenHash: hashCallbackToken(callbackToken),
      nowMs,
    })
    movePayment(context, payment, 'SEND', { detail: `attempt ${number}, reference ${accountRef}` })
    return {
      outcome: 'send',
      attemptId,
      callbackToken,
      accountRef,
      phoneNumber: payment.phoneNumber,
      amountCents: payment.amountCents,
    }
  },
)

/** The answer to the push. The callback may have come first: then this only fills in ids that are still unknown. */
export const recordPushAnswer = command(
  'payments.record-push-answer',
  (context, { attemptId, answer }: { attemptId: number; answer: PushOutcome }) => {
    const { db, journal, nowMs } = context
    const attempt = attemptById(db, attemptId)
    const payment = attempt && paymentById(db, attempt.paymentId)
    if (!attempt || !payment) return
    switch (answer.outcome) {
      case 'accepted': {
        adoptIds(db, attemptId, answer)
        const to = movePayment(context, payment, 'RESP_ACCEPTED', { detail: answer.checkoutRequestId })
        if (payment.state === 'SUBMITTING' && to === 'PROMPTED') {
          journal.record('payment.prompted', { paymentId: payment.id, checkoutRequestId: answer.checkoutRequestId })
        }
        return
      }
      case 'refused': {
        const { failureCode, retryAfterSeconds } = answer
        const retryAtMs = retryAfterSeconds === null ? undefined : nowMs + retryAfterSeconds * 1000
        const to = movePayment(context, payment, 'RESP_REFUSED', {
          detail: answer.detail,
          failureCode,
          ...(retryAtMs && { retryAtMs }),
        })
        if (to === payment.state) return
        closeAttempt(db, attemptId, 'refused')
        journal.record('payment.failed', { paymentId: payment.id, state: to, failureCode })
        return
      }
      case 'lost':
        movePayment(context, payment, 'RESP_LOST', { detail: answer.detail })
        closeAttempt(db, attemptId, 'lost')
    }
  },
)

/** At start: a submit that a crash cut off may have reached M-PESA. It is uncertain, and nothing is sent again. */
export const recoverInterrupted = command('payments.recover-interrupted', (context, _input: Record<string, never>) => {
  const interrupted = interruptedPayments(context.db)
  for (const paymentId of interrupted) recoverSubmit(context, paymentById(context.db, paymentId) as PaymentRow)
  return interrupted.length
})

function recoverSubmit(context: CommandContext, payment: PaymentRow): void {
  const attempt = latestAttempt(context.db, payment.id)
  movePayment(context, payment, 'CRASH_RECOVERY', { detail: 'the daemon stopped before M-PESA answered' })
  if (attempt) closeAttempt(context.db, attempt.id, 'lost')
}

/** After an outage: a prompt out of the blue would be paid by nobody, or by one who has bought again meanwhile. */
function abandon(context: CommandContext, payment: PaymentRow): void {
  const failureCode = 'mpesa-down'
  const to = movePayment(context, payment, 'CUSTOMER_ABANDON', { detail: 'it could not be sent in time', failureCode })
  context.journal.record('payment.failed', { paymentId: payment.id, state: to, failureCode })
}

export const pushCommands = [startAttempt, recordPushAnswer, recoverInterrupted]
