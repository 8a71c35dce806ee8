import { randomUUID } from 'node:crypto'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { type Undecided, UndecidedPage } from '../../../portal/customer/undecided.tsx'
import { money } from '../../../portal/money.ts'
import { grantOf } from '../../access/grant-table.ts'
import { leftOf } from '../../access/time-left.ts'
import { packageById } from '../../billing/package-table.ts'
import { isPaid } from '../../billing/payment-states.ts'
import type { PaymentRow } from '../../billing/payment-table.ts'
import { newestOfDevice, newestOfPhone, undecidedOfDevice } from '../../billing/undecided-payment.ts'
import type { House } from '../house.ts'

/** Before a second payment for the same. The customer may know what became of the first, and says so by a button on this page. */
export function undecidedPage({ db }: House, site: SitePage, form: Record<string, string>, earlier: PaymentRow) {
  const wanted = packageById(db, Number(form.package))
  return (
    <UndecidedPage
      {...site}
      why={whyUndecided(earlier)}
      price={wanted ? money(wanted.priceCents, wanted.currency) : ''}
      packageId={Number(form.package)}
      payer={form.known === '1' ? { known: '1' } : { phone: form.phone ?? '' }}
      idempotencyKey={randomUUID()}
    />
  )
}

/**
 * Above the packages of a device that has lost its page: its last payment is not decided, or has bought what it has not
 * been online with. Its address may be written by anybody, so no more is said than that there is one.
 */
export function alreadyPaying({ db, clock }: House, macAddress: string | undefined) {
  if (macAddress === undefined) return undefined
  const payment = undecidedOfDevice(db, macAddress)
  if (payment) return whyUndecided(payment)
  const bought = grantOf(db, 'payment', newestOfDevice(db, macAddress)?.id ?? '')
  const isWaiting = bought?.onlineAtMs === null && leftOf(db, bought, clock.nowMs()).seconds > 0
  return isWaiting ? 'paid-before' : undefined
}

const whyUndecided = ({ state }: PaymentRow): Undecided => (state === 'REVIEW' ? 'in-review' : 'unknown')

/** What M-PESA said when it named a time before which it would only say the same again. */
export function mustWait({ db, clock }: House, phoneNumber: string, packageId: number) {
  const newest = newestOfPhone(db, phoneNumber)
  if (!newest || isPaid(newest.state) || (newest.retryAtMs ?? 0) <= clock.nowMs()) return undefined
  if (newest.failureCode !== 'too-soon') return newest.failureCode === 'busy' ? 'busy' : 'mpesa-down'
  return packageById(db, packageId)?.priceCents === newest.amountCents ? 'too-soon' : undefined
}
