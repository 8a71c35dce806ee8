import type { Context } from 'hono'
import { runningGrantOfDevice } from '../access/grant-table.ts'
import { packageById } from '../billing/package-table.ts'
import { PROMPT_LIFE_MS } from '../billing/payment-states.ts'
import { hasPaidBefore, type PaymentRow, paymentByClientKey } from '../billing/payment-table.ts'
import { type PaymentRequest, type PaymentRequestOutcome, requestPayment } from '../billing/request-payment.ts'
import { undecidedOfDevice, undecidedOfPhone } from '../billing/undecided-payment.ts'
import { routerByAddress } from '../routers/router-table.ts'
import { openBuyers } from './buyers.ts'
import { clientAddress, isFromThisBox } from './client-address.ts'
import type { House } from './house.ts'
import { knownDevice } from './portal/known-device.ts'
import { limitTries } from './tries.ts'

export type BuyOutcome =
  | PaymentRequestOutcome
  | { outcome: 'too-many-tries'; waitSeconds: number }
  | { outcome: 'mpesa-not-configured' }
  /** Of the phone's last request, or the device's, nobody knows yet whether it was paid. */
  | { outcome: 'undecided'; earlier: PaymentRow }

interface Asking {
  /** The customer says that the earlier request was not paid. */
  payAgain: boolean
  /** A person taps, who can be asked first: then the open prompt of another phone for the same device holds this back, too. */
  asksBack: boolean
}

export type Buy = (
  context: Context,
  request: Omit<PaymentRequest, 'timeZone' | 'hasAccess' | 'askedFrom'>,
  asking: Asking,
) => Promise<BuyOutcome>

/** Prompts cost the customer patience and us money: whoever asks for more than this is not a customer. */
const FROM_ONE_ADDRESS = { most: 10, windowMs: 10 * 60_000 }

/**
 * Where many customers stand behind one address, numbers and devices can be invented. So this bounds all together that have never
 * paid here; they keep nobody out who has.
 */
const OF_MANY = { most: 100, windowMs: 10 * 60_000 }

/** More than one address may ask for in all, so that nobody alone can lock out somebody else's number. */
const FOR_ONE_PHONE = { most: 20, windowMs: 10 * 60_000 }

/** No honest site sells five times a second. It also bounds how many phones are remembered: none is flushed by others. */
const OF_THE_SITE = { most: 300, windowMs: 60_000 }

/** Asks for a payment, by whichever door the customer came in. */
export function openBuying(house: House): Buy {
  const { store, db, clock, config } = house
  const byAddress = limitTries({ ...FROM_ONE_ADDRESS, clock })
  const ofMany = limitTries({ ...OF_MANY, clock })
  const ofSite = limitTries({ ...OF_THE_SITE, clock })
  const byPhone = limitTries({ ...FOR_ONE_PHONE, clock })
  const buyers = openBuyers(clock)

  /** Behind a router that masquerades stand all of its customers. */
  const isShared = (address: string) => routerByAddress(db, address) !== undefined

  /** What is refused here takes no try from the phone that it only names. */
  function fromOutside(context: Context, phoneNumber: string): number {
    if (isFromThisBox(context)) return 0
    const address = clientAddress(context, config.http.trusted_proxies)
    const ofAddress = () => {
      if (!isShared(address)) return byAddress.take(address)
      return hasPaidBefore(db, phoneNumber) ? 0 : ofMany.take(address)
    }
    return ofAddress() || ofSite.take('all')
  }

  /**
   * Phone, package and device of a purchase can be watched and named by anybody; its token shows the code of what was bought.
   * So it is for who asks from where the purchase was made, or is the device that it is for.
   */
  function isBuyer(context: Context, paymentId: string, address: string, macAddress: string | null): boolean {
    if (macAddress !== null && knownDevice(house, address, macAddress)?.macAddress === macAddress) return true
    return (isFromThisBox(context) || !isShared(address)) && buyers.isFrom(paymentId, address)
  }

  /**
   * What stands between this request and a second payment for the same. While the phone's own prompt may be open, the command
   * itself refuses, or finds the same purchase.
   */
  function undecidedBefore(
    { phoneNumber, macAddress, clientKey }: Pick<PaymentRequest, 'phoneNumber' | 'macAddress' | 'clientKey'>,
    asksBack: boolean,
  ): PaymentRow | undefined {
    if (clientKey !== null && paymentByClientKey(db, clientKey)) return undefined
    const mayBeOpen = ({ createdAtMs }: PaymentRow) => createdAtMs > clock.nowMs() - PROMPT_LIFE_MS
    const ofPhone = undecidedOfPhone(db, phoneNumber)
    if (ofPhone) return mayBeOpen(ofPhone) ? undefined : ofPhone
    const ofDevice = macAddress === null ? undefined : undecidedOfDevice(db, macAddress)
    return ofDevice && !asksBack && mayBeOpen(ofDevice) ? undefined : ofDevice
  }

  return async (context, request, { payAgain, asksBack }) => {
    const { packageId, macAddress } = request
    const bought = packageById(db, packageId)
    const isFree = bought?.priceCents === 0
    if (config.mpesa.consumer_key === undefined && !isFree) return { outcome: 'mpesa-not-configured' }
    const waitSeconds =
      fromOutside(context, request.phoneNumber) ||
      byPhone.take(`phone ${request.phoneNumber}`) ||
      (macAddress === null ? 0 : byPhone.take(`device ${macAddress}`))
    if (waitSeconds > 0) return { outcome: 'too-many-tries', waitSeconds }
    const earlier = payAgain || isFree || !bought ? undefined : undecidedBefore(request, asksBack)
    if (earlier) return { outcome: 'undecided', earlier }
    const hasAccess = macAddress !== null && runningGrantOfDevice(db, macAddress, clock.nowMs()) !== undefined
    const address = clientAddress(context, config.http.trusted_proxies)
    const asked = { ...request, askedFrom: address, hasAccess, timeZone: config.site.timezone }
    const outcome = await store.run(requestPayment, asked)
    if (outcome.outcome === 'requested') buyers.remember(outcome.paymentId, address)
    if (outcome.outcome !== 'already-requested' || outcome.byKey) return outcome
    return isBuyer(context, outcome.paymentId, address, macAddress) ? outcome : { outcome: 'phone-busy' }
  }
}
