import { type PaymentRequest, type PaymentRequestOutcome, requestPayment } from '../billing/request-payment.ts'
import type { House } from './house.ts'
import { limitTries } from './tries.ts'

export type BuyOutcome =
  | PaymentRequestOutcome
  | { outcome: 'too-many-tries'; waitSeconds: number }
  | { outcome: 'mpesa-not-configured' }

export type Buy = (request: PaymentRequest) => Promise<BuyOutcome>

/** Prompts cost the customer patience and us money: more than this from one phone or device is not a customer. */
const PROMPTS = { most: 10, windowMs: 10 * 60_000 }

/** Asks for a payment, by whichever door the customer came in. */
export function openBuying({ store, clock, config }: House): Buy {
  const prompts = limitTries({ ...PROMPTS, clock })
  return async (request) => {
    if (config.mpesa.consumer_key === undefined) return { outcome: 'mpesa-not-configured' }
    const waitSeconds = Math.max(
      prompts.take(`phone ${request.phoneNumber}`),
      request.macAddress === null ? 0 : prompts.take(`device ${request.macAddress}`),
    )
    return waitSeconds > 0 ? { outcome: 'too-many-tries', waitSeconds } : store.run(requestPayment, request)
  }
}
