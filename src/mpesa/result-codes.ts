/** Why a payment failed, as the payment's `failure.code` says it to customers. Stable names. */
export type FailureCode =
  | 'cancelled'
  | 'no-reply'
  | 'wrong-pin'
  | 'pin-locked'
  | 'low-balance'
  | 'over-limit'
  | 'number-refused'
  | 'busy'
  | 'too-soon'
  | 'mpesa-down'
  | 'declined'

export interface Failure {
  code: FailureCode
  /** When trying again makes sense. */
  retryAfterSeconds?: number
  /** The owner has to mend something: a setting, a price, the account. */
  alarm?: true
}

/** Result codes by which M-PESA says that a payment has failed; a code that is not here proves nothing. */
const failures: Record<string, Failure> = {
  '1': { code: 'low-balance' },
  // Below the smallest amount: no customer can pay this price.
  '2': { code: 'declined', alarm: true },
  '3': { code: 'over-limit' },
  '4': { code: 'over-limit' },
  // The merchant's account is full.
  '8': { code: 'declined', alarm: true },
  // The same amount from the same customer within two minutes.
  '17': { code: 'too-soon', retryAfterSeconds: 120 },
  '26': { code: 'mpesa-down', retryAfterSeconds: 60 },
  '1001': { code: 'busy', retryAfterSeconds: 60 },
  '1019': { code: 'no-reply' },
  '1025': { code: 'mpesa-down' },
  '1032': { code: 'cancelled' },
  '1037': { code: 'no-reply' },
  '2001': { code: 'wrong-pin' },
  // Transaction type and receiving number do not belong together.
  '2028': { code: 'declined', alarm: true },
  SFC_IC0003: { code: 'declined', alarm: true },
  '8006': { code: 'pin-locked' },
  '9999': { code: 'mpesa-down' },
}

/** The prompt is still open; said by the query. */
export const STILL_PROCESSING = '4999'

/** Whether M-PESA names a failure that ends the prompt. Success and "still processing" are none, nor is a code nobody has described. */
export const isKnownFailure = (resultCode: string): boolean => Object.hasOwn(failures, resultCode)

/** What a result code other than 0 means to the customer. One that nobody has described counts as declined and wants a look. */
export function failureOf(resultCode: string): Failure {
  return (isKnownFailure(resultCode) && failures[resultCode]) || { code: 'declined', alarm: true }
}
