import { rateLimitOf, readDarajaReply, refusesToken } from './daraja-reply.ts'
import { isKnownFailure, STILL_PROCESSING } from './result-codes.ts'

/** What M-PESA's status query says about a prompt. */
export type QueryAnswer =
  | { outcome: 'paid' }
  /** One of the known terminal codes. */
  | { outcome: 'failed'; resultCode: string }
  /** The prompt is still open. */
  | { outcome: 'pending' }
  /** It said nothing that decides anything: ask again later. */
  | { outcome: 'no-answer'; detail: string }
  /** Nobody has looked: there is no line, or the gateway is down. */
  | { outcome: 'unreached'; detail: string }
  /** Asked too often. */
  | { outcome: 'slow-down' }

/**
 * Reads the reply to a query about `checkoutRequestId`. Money and failure both need a full answer about that very prompt;
 * the query is known to give errors for prompts that are open, ended or paid, and those decide nothing.
 */
export function queryAnswerOf(
  reply: { status: number; text: string },
  checkoutRequestId: string,
): QueryAnswer | { outcome: 'token-refused' } {
  const daraja = readDarajaReply(reply)
  const { status, responseCode, resultCode, errorCode, errorMessage, detail } = daraja
  if (refusesToken(daraja)) return { outcome: 'token-refused' }
  if (rateLimitOf(daraja)) return { outcome: 'slow-down' }
  // M-PESA's own codes are numbers; the gateway in front of it has words.
  if (status >= 500 && responseCode === undefined && !/^\d/.test(errorCode ?? ''))
    return { outcome: 'unreached', detail }
  if (errorCode !== undefined) {
    return errorCode === '500.001.1001' && /being processed|under processing/i.test(errorMessage)
      ? { outcome: 'pending' }
      : { outcome: 'no-answer', detail }
  }
  if (status !== 200 || responseCode !== '0' || resultCode === undefined) return { outcome: 'no-answer', detail }
  if (daraja.checkoutRequestId !== checkoutRequestId) {
    return { outcome: 'no-answer', detail: 'the answer is about another prompt' }
  }
  if (resultCode === '0') return { outcome: 'paid' }
  if (resultCode === STILL_PROCESSING) return { outcome: 'pending' }
  return isKnownFailure(resultCode)
    ? { outcome: 'failed', resultCode }
    : { outcome: 'no-answer', detail: `result code ${resultCode.slice(0, 20)} is not known` }
}
