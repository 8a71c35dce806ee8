import * as z from 'zod'
import { openProvisional } from '../../src/access/provisional.ts'
import { type PushOutcome, recordPushAnswer, startAttempt } from '../../src/billing/push-attempt.ts'
import { discard, done, effect } from '../../src/flow/job-outcome.ts'
import type { PushAnswer } from '../../src/mpesa/push-answer.ts'
import { defineJob } from '../services.ts'

/** For a phone that leaves the WiFi without Internet while its owner types the PIN, and would not come back. */
const CHECKOUT_SECONDS = 180

/** Asks M-PESA to prompt the phone. The attempt is on disk before the call; after the call nothing is ever sent twice. */
export const initiateStkPush = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [1_000, 5_000],
  uniqueBy: ({ paymentId }) => paymentId,
  async run({ paymentId }, { store, mpesa, provisional, signal }) {
    if (!mpesa) return discard('M-PESA is not configured')
    const start = await store.run(startAttempt, { paymentId })
    if (start.outcome === 'nothing-to-send') return done()
    const answer = await mpesa.client.push(
      {
        phoneNumber: start.phoneNumber,
        amountShillings: start.amountCents / 100,
        accountReference: start.accountRef,
        description: 'WiFi',
        callbackUrl: mpesa.callbackUrl(start.callbackToken),
      },
      signal,
    )
    const recorded = effect(recordPushAnswer, { attemptId: start.attemptId, answer: outcomeOf(answer) })
    if (!provisional || answer.outcome === 'refused' || answer.outcome === 'unsent') return done(recorded)
    const onTrust =
      answer.outcome === 'accepted'
        ? ({ because: 'checkout', allowance: { ...provisional, seconds: CHECKOUT_SECONDS } } as const)
        : ({ because: 'uncertain', allowance: provisional } as const)
    return done(recorded, effect(openProvisional, { paymentId, ...onTrust }))
  },
})

function outcomeOf(answer: PushAnswer): PushOutcome {
  switch (answer.outcome) {
    case 'accepted':
    case 'lost':
      return answer
    case 'refused':
      return {
        outcome: 'refused',
        failureCode: answer.failure,
        retryAfterSeconds: answer.retryAfterSeconds ?? null,
        detail: answer.detail,
      }
    case 'unsent':
      // Nothing left this box, so the customer may be told that no money was taken and try again at once.
      return { outcome: 'refused', failureCode: 'mpesa-down', retryAfterSeconds: null, detail: answer.detail }
  }
}
