import type { Evidence } from '../billing/settle.ts'
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
      const failureCode = failureOf(resultCode).code
      return { kind: 'failed', merchantRequestId, checkoutRequestId, resultCode, failureCode }
    }
    case 'unreadable':
      return { kind: 'malformed', reason: callback.reason }
  }
}
