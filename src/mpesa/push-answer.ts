import { type DarajaReply, rateLimitOf, readDarajaReply, refusesToken } from './daraja-reply.ts'
import type { FailureCode } from './result-codes.ts'

/** What came of asking M-PESA to prompt a phone. Accepted is not paid. */
export type PushAnswer =
  | { outcome: 'accepted'; merchantRequestId: string; checkoutRequestId: string }
  /** A definite no: the phone was not prompted. `alarm` = the owner has to mend something. */
  | { outcome: 'refused'; failure: FailureCode; detail: string; retryAfterSeconds?: number; alarm?: true }
  /** Nobody knows whether the phone was prompted; pushing again could take the money twice. */
  | { outcome: 'lost'; detail: string }
  /** The request never reached M-PESA. */
  | { outcome: 'unsent'; detail: string }

const SPIKE_PAUSE_SECONDS = 60
const QUOTA_PAUSE_SECONDS = 900
/** How long the phone's other transaction blocks it. */
const LOCKED_PHONE_SECONDS = 60

/**
 * Reads the reply to a push. Only a reply that proves that nothing was done is a refusal; whatever is left over is lost.
 * `token-refused` asks for a new token and one more try.
 */
export function pushAnswerOf(reply: { status: number; text: string }): PushAnswer | { outcome: 'token-refused' } {
  const daraja = readDarajaReply(reply)
  const { responseCode, merchantRequestId, checkoutRequestId, errorCode, detail } = daraja
  if (refusesToken(daraja)) return { outcome: 'token-refused' }
  const limit = rateLimitOf(daraja)
  if (limit === 'spike') return refused('mpesa-down', detail, { retryAfterSeconds: SPIKE_PAUSE_SECONDS })
  if (limit === 'quota') return refused('mpesa-down', detail, { retryAfterSeconds: QUOTA_PAUSE_SECONDS, alarm: true })
  if (errorCode !== undefined) return refusalOf(daraja) ?? { outcome: 'lost', detail }
  if (daraja.status === 200 && responseCode === '0' && merchantRequestId && checkoutRequestId) {
    return { outcome: 'accepted', merchantRequestId, checkoutRequestId }
  }
  return { outcome: 'lost', detail }
}

/** The errors that are raised before the phone is prompted. One code stands for several things, and only its words tell which. */
function refusalOf({ status, errorCode, errorMessage, detail }: DarajaReply): PushAnswer | undefined {
  switch (errorCode) {
    case '400.002.02':
      return /Invalid (PhoneNumber|PartyA)/i.test(errorMessage)
        ? refused('number-refused', detail)
        : refused('mpesa-down', detail, { alarm: true })
    case '500.001.1001':
      if (/unable to lock subscriber/i.test(errorMessage)) {
        return refused('busy', detail, { retryAfterSeconds: LOCKED_PHONE_SECONDS })
      }
      return /merchant does not exist|wrong credentials/i.test(errorMessage)
        ? refused('mpesa-down', detail, { alarm: true })
        : undefined
    default:
      return speaksOfTheRequest(status, errorCode) ? refused('mpesa-down', detail, { alarm: true }) : undefined
  }
}

/** Any other error of the 4xx family: we asked for something wrong. 408 only says that somebody stopped waiting. */
function speaksOfTheRequest(status: number, errorCode = ''): boolean {
  const family = /^(\d)\d\d\./.exec(errorCode)?.[1] ?? String(status).charAt(0)
  return family === '4' && status !== 408
}

function refused(
  failure: FailureCode,
  detail: string,
  more: { retryAfterSeconds?: number; alarm?: true } = {},
): PushAnswer {
  return { outcome: 'refused', failure, detail, ...more }
}
