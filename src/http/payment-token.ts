import { timingSafeEqual } from 'node:crypto'
import type { PaymentRow } from '../billing/payment-table.ts'
import { paymentTokenText } from '../billing/request-payment.ts'
import { purchaseById } from '../billing/trials.ts'
import { siteToken } from '../store/site.ts'
import type { House } from './house.ts'

/** The payment that this token was given out for. A wrong token and an unknown payment look the same. */
export function paymentByToken({ db, site }: House, paymentId: string, token: string): PaymentRow | undefined {
  const expected = Buffer.from(siteToken(site, paymentTokenText(paymentId)))
  const given = Buffer.from(token)
  return given.length === expected.length && timingSafeEqual(given, expected) ? purchaseById(db, paymentId) : undefined
}

/** Addresses by which a page or a program follows a payment. */
export function paymentUrls(paymentId: string, token: string) {
  const path = `/api/payments/${paymentId}`
  return {
    statusUrl: `${path}?token=${token}`,
    eventsUrl: `${path}/events?token=${token}`,
    pageUrl: `/w/${paymentId}/${token}`,
  }
}
