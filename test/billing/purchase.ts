import { type CallbackOutcome, receiveCallback, recordQueryAnswer } from '../../src/billing/payment-answers.ts'
import { historyOf } from '../../src/billing/payment-history.ts'
import { type PaymentRow, paymentById } from '../../src/billing/payment-table.ts'
import { type AttemptStart, recordPushAnswer, startAttempt } from '../../src/billing/push-attempt.ts'
import { type PaymentRequest, requestPayment } from '../../src/billing/request-payment.ts'
import type { Evidence } from '../../src/billing/weigh.ts'
import { PRICE_CENTS, type Rooms } from './rooms.ts'

export const MAC = '02:00:00:00:00:01'
export const PHONE = '254712345678'

let made = 0

/** One customer's purchase, played step by step against the real commands. */
export function openPurchase(rooms: Rooms, change: Partial<PaymentRequest> = {}) {
  made += 1
  const number = made
  const asked: PaymentRequest = {
    phoneNumber: `2547${String(10_000_000 + number)}`,
    packageId: change.packageId ?? rooms.addPackage(),
    macAddress: MAC,
    routerId: null,
    clientKey: null,
    timeZone: 'Africa/Nairobi',
    ...change,
  }
  const outcome = rooms.run(requestPayment, asked)
  if (outcome.outcome !== 'requested') throw new Error(outcome.outcome)
  const { paymentId, token } = outcome
  const ids = { merchantRequestId: `m-${number}`, checkoutRequestId: `ws_CO_${number}` }
  let attempt: Extract<AttemptStart, { outcome: 'send' }> | undefined

  const sent = () => {
    if (!attempt) throw new Error('nothing was sent')
    return attempt
  }

  const callback = (
    evidence: Evidence,
    { token = sent().callbackToken, body = JSON.stringify(evidence) } = {},
  ): CallbackOutcome => rooms.run(receiveCallback, { token, body, evidence, sourceAddress: '196.201.212.69' })

  const paidEvidence = (change: Partial<Extract<Evidence, { kind: 'paid' }>> = {}): Evidence => ({
    kind: 'paid',
    ...ids,
    amountCents: PRICE_CENTS,
    receipt: `RCPT${number}A`,
    phoneNumber: undefined,
    paidAtMs: undefined,
    ...change,
  })

  return {
    asked,
    paymentId,
    token,
    ids,
    receipt: `RCPT${number}A`,
    get attempt() {
      return sent()
    },

    /** Writes the attempt down, as the job does before it calls M-PESA. */
    send() {
      const start = rooms.run(startAttempt, { paymentId })
      if (start.outcome !== 'send') throw new Error(start.outcome)
      attempt = start
      return start
    },
    accepted: (given = ids) =>
      rooms.run(recordPushAnswer, { attemptId: sent().attemptId, answer: { outcome: 'accepted', ...given } }),
    lost: () =>
      rooms.run(recordPushAnswer, { attemptId: sent().attemptId, answer: { outcome: 'lost', detail: 'cut' } }),
    refused: (failureCode = 'busy', retryAfterSeconds: number | null = 60) =>
      rooms.run(recordPushAnswer, {
        attemptId: sent().attemptId,
        answer: { outcome: 'refused', failureCode, retryAfterSeconds, detail: 'refused' },
      }),
    /** Sent, and M-PESA has prompted the phone. */
    prompted() {
      this.send()
      this.accepted()
      return this
    },

    callback,
    paidEvidence,
    paid: (change: Partial<Extract<Evidence, { kind: 'paid' }>> = {}) => callback(paidEvidence(change)),
    failed: (failureCode = 'cancelled', resultCode = '1032') =>
      callback({ kind: 'failed', ...ids, resultCode, failureCode }),
    queryPaid: () => rooms.run(recordQueryAnswer, { paymentId, answer: { kind: 'paid' } }),
    queryFailed: () =>
      rooms.run(recordQueryAnswer, {
        paymentId,
        answer: { kind: 'failed', resultCode: '1037', failureCode: 'no-reply' },
      }),

    get row(): PaymentRow {
      const row = paymentById(rooms.db, paymentId)
      if (!row) throw new Error('no payment')
      return row
    },
    get state() {
      return this.row.state
    },
    get history() {
      return historyOf(rooms.db, paymentId).map(({ event, toState }) => `${event}>${toState}`)
    },
    receipts: () =>
      rooms.rows<{ receipt: string | null; checkout_request_id: string | null; amount_cents: number }>(
        'SELECT receipt, checkout_request_id, amount_cents FROM receipts WHERE payment_id = ?',
        paymentId,
      ),
    asideReceipts: () =>
      rooms.rows<{ receipt: string | null; amount_cents: number }>(
        'SELECT receipt, amount_cents FROM receipts WHERE payment_id IS NULL ORDER BY id',
      ),
    completions: () =>
      rooms.facts('payment.completed').filter(({ data }) => 'paymentId' in data && data.paymentId === paymentId),
    reviews: () =>
      rooms
        .facts('payment.review_needed')
        .flatMap(({ type, data }) =>
          type === 'payment.review_needed' && data.paymentId === paymentId ? [data.reason] : [],
        ),
  }
}
