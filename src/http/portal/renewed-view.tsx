import { RenewedPage } from '../../../portal/customer/renewed.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { money } from '../../../portal/money.ts'
import { renewedBy, subscriptionById } from '../../access/subscription-table.ts'
import { packageById } from '../../billing/package-table.ts'
import type { PaymentRow } from '../../billing/payment-table.ts'
import { receiptOfPayment } from '../../billing/receipt-table.ts'
import type { House } from '../house.ts'
import { paymentStatus } from '../payment-status.ts'
import { grantUrls } from './grant-address.ts'

/** What a payment for a subscription has come to; undefined when it was for something else, or is not there yet. */
export function renewedView(house: House, site: SitePage, payment: PaymentRow) {
  const { db, clock, config } = house
  const subscription = subscriptionById(db, renewedBy(db, payment.id) ?? '')
  if (!subscription) return undefined
  const { accountNumber, grantId, paidUntilMs, suspendedAtMs } = subscription
  const bought = packageById(db, payment.packageId)
  const isForDevices = bought?.type === 'hotspot' && site.macAddress !== undefined
  return (
    <RenewedPage
      {...site}
      packageName={bought?.name ?? ''}
      price={money(payment.amountCents, payment.currency)}
      receipt={receiptOfPayment(db, payment.id)?.receipt ?? undefined}
      accountNumber={accountNumber}
      paidUntilMs={suspendedAtMs === null ? (paidUntilMs ?? undefined) : undefined}
      nowMs={clock.nowMs()}
      timeZone={config.site.timezone}
      login={paymentStatus(db, clock, payment).access ?? undefined}
      accessUrl={isForDevices ? grantUrls(house, grantId).pageUrl : undefined}
    />
  )
}
