import { randomUUID } from 'node:crypto'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { type Undecided, UndecidedPage } from '../../../portal/customer/undecided.tsx'
import { money } from '../../../portal/money.ts'
import { packageById } from '../../billing/package-table.ts'
import { isPaid, PROMPT_LIFE_MS } from '../../billing/payment-states.ts'
import type { PaymentRow } from '../../billing/payment-table.ts'
import { newestOfPhone, undecidedOfDevice, undecidedOfPhone } from '../../billing/undecided-payment.ts'
import type { House } from '../house.ts'

/**
 * What stands between this tap and a second payment for the same: of the phone's last request, or the device's, nobody
 * knows yet whether it was paid. The customer may know, and says so by the button on this page.
 */
export function heldPayment(
  { db, clock }: House,
  site: SitePage,
  form: Record<string, string>,
  { phoneNumber, clientKey }: { phoneNumber: string; clientKey: string | null },
) {
  const wanted = packageById(db, Number(form.package))
  if (form.anyway === '1' || wanted === undefined || wanted.priceCents === 0) return undefined
  const { macAddress } = site
  const ofPhone = undecidedOfPhone(db, phoneNumber)
  // Its prompt may still be open: the command itself refuses, or finds the same purchase.
  if (ofPhone && ofPhone.createdAtMs > clock.nowMs() - PROMPT_LIFE_MS) return undefined
  const held = ofPhone ?? (macAddress === undefined ? undefined : undecidedOfDevice(db, macAddress))
  if (!held || (clientKey !== null && held.clientKey === clientKey)) return undefined
  return (
    <UndecidedPage
      {...site}
      why={whyUndecided(held)}
      price={money(wanted.priceCents, wanted.currency)}
      packageId={wanted.id}
      payer={form.known === '1' ? { known: '1' } : { phone: form.phone ?? '' }}
      idempotencyKey={randomUUID()}
    />
  )
}

/** The same on the first page of a device. Its address may be written by anybody, so no more is said than that there is one. */
export function undecidedOf({ db }: House, macAddress: string | undefined) {
  const payment = macAddress === undefined ? undefined : undecidedOfDevice(db, macAddress)
  return payment && whyUndecided(payment)
}

const whyUndecided = ({ state }: PaymentRow): Undecided => (state === 'REVIEW' ? 'in-review' : 'unknown')

/** What M-PESA said when it named a time before which it would only say the same again. */
export function mustWait({ db, clock }: House, phoneNumber: string, packageId: number) {
  const newest = newestOfPhone(db, phoneNumber)
  if (!newest || isPaid(newest.state) || (newest.retryAtMs ?? 0) <= clock.nowMs()) return undefined
  if (newest.failureCode !== 'too-soon') return newest.failureCode === 'busy' ? 'busy' : 'mpesa-down'
  return packageById(db, packageId)?.priceCents === newest.amountCents ? 'too-soon' : undefined
}
