import type { Evidence, PaymentFailure } from '../billing/weigh.ts'
import { readCallback } from './callback-body.ts'
import { failureOf, STILL_PROCESSING } from './result-codes.ts'

/** A callback's body as evidence about a payment. Never throws, and never repeats what the body holds. */
export function readEvidence(body: string): Evidence {
  const callback = readCallback(body)
  switch (callback.kind) {
    case 'paid':
      return callback
    case 'ended': {
      const { merchantRequestId, checkoutRequestId, resultCode } = callback
      if (resultCode === STILL_PROCESSING) {
        return { kind: 'malformed', reason: `result code ${resultCode} is no result yet` }
      }
      return { kind: 'failed', merchantRequestId, checkoutRequestId, ...paymentFailureOf(resultCode) }
    }
    case 'unreadable':
      return { kind: 'malformed', reason: callback.reason }
  }
}

/** What a result code other than 0 says about a payment. */
export function paymentFailureOf(resultCode: string): PaymentFailure {
  const { code: failureCode, retryAfterSeconds } = failureOf(resultCode)
  return { resultCode, failureCode, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}
