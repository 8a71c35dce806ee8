/** Sentences for the API's readers; the portal has its own, in the customer's language. */
const messages: Record<string, string> = {
  cancelled: 'The payment was cancelled on the phone. No money was taken.',
  'no-reply': 'The phone did not answer the request. No money was taken.',
  'wrong-pin': 'The M-PESA PIN was wrong. No money was taken.',
  'low-balance': 'There is not enough money in M-PESA. No money was taken.',
  busy: 'Another M-PESA transaction of this phone is still open. Wait a minute and try again.',
  'mpesa-down': 'M-PESA is not responding. No money was taken. Try again in a few minutes.',
  unknown: 'M-PESA has not answered yet. Do not pay again; we keep asking.',
}

export const failureMessage = (code: string): string => messages[code] ?? 'M-PESA did not complete the payment.'
