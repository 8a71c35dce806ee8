import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { HomePage } from '../../../portal/customer/home.tsx'
import type { FormError } from '../../../portal/customer/pay-form.tsx'
import { linkTo, type SitePage } from '../../../portal/customer/site-page.ts'
import { visiblePackages } from '../../billing/package-table.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../../billing/phone-number.ts'
import type { Buy } from '../buy.ts'
import type { House } from '../house.ts'
import { paymentUrls } from '../payment-token.ts'
import { answerPage } from './answer-page.ts'
import type { LastPurchases } from './last-purchases.ts'
import { cardOf } from './package-card.ts'
import { queryOf, visitorOf } from './visitor.ts'

/** The first page, and the tap that buys. */
export function shopPages(house: House, buy: Buy, lastPurchases: LastPurchases): Hono {
  const { db } = house
  const app = new Hono()

  const home = (c: Context, visitor: SitePage, again: { phoneNumber?: string; error?: FormError } = {}) =>
    answerPage(
      c,
      <HomePage
        {...visitor}
        path={linkTo(visitor, '/')}
        packages={visiblePackages(db).map(cardOf)}
        idempotencyKey={randomUUID()}
        {...again}
      />,
      again.error ? 422 : 200,
    )

  app.get('/', (c) => {
    const visitor = visitorOf(house, c, queryOf(c))
    const page = c.req.query('llo') === undefined ? undefined : lastPurchases.find(c, visitor.macAddress)
    return page === undefined ? home(c, visitor) : c.redirect(page, 303)
  })

  app.post('/pay', async (c) => {
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    const visitor = visitorOf(house, c, form)
    const typed = form.phone ?? ''
    const refuse = (field: FormError['field'], code: FormError['code'], phoneMasked?: string) =>
      home(c, visitor, { phoneNumber: typed, error: { field, code, phoneMasked } })

    const phoneNumber = parsePhoneNumber(typed)
    if (phoneNumber === undefined) return refuse('phone', 'bad-number')
    if (!/^\d{1,9}$/.test(form.package ?? '')) return refuse('package', 'choose-package')
    const outcome = await buy({
      phoneNumber,
      packageId: Number(form.package),
      macAddress: visitor.macAddress ?? null,
      routerId: visitor.routerId ?? null,
      // Another package on the same page is another purchase.
      clientKey: /^[\w-]{8,64}$/.test(form.key ?? '') ? `${form.key}.${form.package}.${phoneNumber}` : null,
    })
    switch (outcome.outcome) {
      case 'requested':
      case 'already-requested': {
        const { pageUrl } = paymentUrls(outcome.paymentId, outcome.token)
        const page = `${pageUrl}?l=${visitor.language}`
        lastPurchases.remember(c, visitor.macAddress, page)
        return c.redirect(page, 303)
      }
      case 'unknown-package':
      case 'unknown-router':
        return refuse('package', 'package-gone')
      case 'phone-busy':
        return refuse(undefined, 'already-pending', maskPhoneNumber(phoneNumber))
      case 'key-reused':
        return refuse(undefined, 'trouble')
      case 'mpesa-not-configured':
        return refuse(undefined, 'mpesa-down')
      case 'too-many-tries':
        return refuse(undefined, 'too-many-tries')
    }
  })

  return app
}
