import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { FailedPage } from '../../../portal/customer/failed.tsx'
import { PaidPage } from '../../../portal/customer/paid.tsx'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { WaitingPage } from '../../../portal/customer/waiting.tsx'
import { money } from '../../../portal/money.ts'
import { grantOf } from '../../access/grant-table.ts'
import { packageById } from '../../billing/package-table.ts'
import { purposeOfPayment } from '../../billing/payment-purpose.ts'
import { isPaid, type PaymentState } from '../../billing/payment-states.ts'
import { failuresInARow, type PaymentRow } from '../../billing/payment-table.ts'
import { maskPhoneNumber } from '../../billing/phone-number.ts'
import { receiptOfPayment } from '../../billing/receipt-table.ts'
import { wasRefusedLate } from '../../billing/undecided-payment.ts'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'
import { paymentStatus } from '../payment-status.ts'
import { paymentByToken, paymentUrls } from '../payment-token.ts'
import { portalUrlFor } from '../portal-url.ts'
import { answerPage } from './answer-page.ts'
import { giftView } from './gift-view.tsx'
import { grantView } from './grant-view.tsx'
import { formTargets, type LoginForms } from './login-forms.ts'
import { cardsOnSale } from './package-card.ts'
import { renewedView } from './renewed-view.tsx'
import { queryOf, visitorOf } from './visitor.ts'

/** Definite: in every other unpaid state the money may still come, and the customer must not pay again. */
const FAILED: readonly PaymentState[] = ['REJECTED', 'DECLINED', 'CLOSED_UNPAID']

/** Within this time a second failure of the same kind is not the first. */
const TRIES_COUNT_MS = 60 * 60_000

/** The page of one purchase, from the prompt to the end of the time. Reached by its token, from any browser, at any time. */
export function paymentPages(house: House, loginForms: LoginForms): Hono {
  const app = new Hono()
  app.get('/w/:paymentId/:token', (c) => {
    const { paymentId, token } = c.req.param()
    const payment = paymentByToken(house, paymentId, token)
    const visitor = { ...visitorOf(house, c, { ...queryOf(c), ...deviceOf(payment) }) }
    if (!payment) return answerPage(house, c, <ProblemPage {...visitor} problem="not-found" />, 404)
    const loginForm = loginForms.find(c, payment.macAddress)
    const page = pageOf(house, c, visitor, payment, { token, loginForm })
    return answerPage(house, c, page, 200, { formTargets: formTargets(house, c, loginForm) })
  })
  return app
}

/** The purchase knows its device, so that forms on its pages do. */
const deviceOf = (payment: PaymentRow | undefined) => ({
  ...(payment && payment.macAddress !== null && { mac: payment.macAddress }),
  ...(payment && payment.routerId !== null && { router: String(payment.routerId) }),
})

function pageOf(
  house: House,
  c: Context,
  visitor: SitePage,
  payment: PaymentRow,
  { token, loginForm }: { token: string; loginForm: string | undefined },
) {
  const { db, clock } = house
  const { statusUrl, eventsUrl, pageUrl } = paymentUrls(payment.id, token)
  const status = payment.state.toLowerCase()
  const site = { ...visitor, path: `${pageUrl}?l=${visitor.language}` }
  const sale = {
    priceCents: payment.amountCents,
    currency: payment.currency,
    packageName: packageById(db, payment.packageId)?.name ?? '',
  }
  const reference = payment.id.slice(-8).toUpperCase()
  const nowMs = clock.nowMs()

  const phoneNumber = payment.phoneNumber === null ? '' : `0${payment.phoneNumber.slice(3)}`
  const grant = grantOf(db, 'payment', payment.id)
  if (grant) {
    const nextUrl = c.req.query('n') === undefined ? `${site.path}&n=1` : undefined
    const paid = {
      price: money(payment.amountCents, payment.currency),
      receipt: receiptOfPayment(db, payment.id)?.receipt ?? undefined,
      reference,
    }
    const loginTried = c.req.query('tried') !== undefined
    const login = {
      loginForm: grant.macAddress === payment.macAddress ? loginForm : undefined,
      loginTried,
      askedAtMs: undefined,
    }
    const device = {
      macAddress: payment.macAddress,
      ipAddress: clientAddress(c, house.config.http.trusted_proxies),
    }
    const isFree = payment.amountCents === 0
    const { access } = paymentStatus(db, clock, payment, device)
    return grantView(house, site, grant, {
      ...{ status, access, statusUrl, eventsUrl, nextUrl, phoneNumber, ...login },
      portalUrl: portalUrlFor(house, c),
      paid: isFree ? undefined : paid,
    })
  }
  if (isPaid(payment.state)) {
    const settled = renewedView(house, site, payment) ?? giftView(house, site, payment)
    if (settled) return settled
    return (
      <PaidPage
        {...site}
        {...sale}
        {...{ status, reference, statusUrl, eventsUrl }}
        receipt={receiptOfPayment(db, payment.id)?.receipt ?? undefined}
        elapsedSeconds={Math.floor((nowMs - payment.updatedAtMs) / 1000)}
      />
    )
  }
  const phoneMasked = maskPhoneNumber(payment.phoneNumber)
  // The portal's form asks for this phone itself, and would buy something else.
  const mayAskAgain = purposeOfPayment(db, payment.id) === undefined
  if (FAILED.includes(payment.state) || wasRefusedLate(db, payment)) {
    const code = payment.state === 'EXPIRED' ? 'declined' : (payment.failureCode ?? 'declined')
    const retryAfterSeconds = Math.ceil(((payment.retryAtMs ?? nowMs) - nowMs) / 1000)
    return (
      <FailedPage
        {...site}
        {...sale}
        code={code}
        tries={payment.phoneNumber === null ? 1 : failuresInARow(db, payment.phoneNumber, code, nowMs - TRIES_COUNT_MS)}
        packageId={mayAskAgain ? payment.packageId : undefined}
        phoneNumber={phoneNumber}
        phoneMasked={phoneMasked}
        idempotencyKey={randomUUID()}
        retryAfterSeconds={Math.max(0, retryAfterSeconds)}
        cheaper={code === 'low-balance' || code === 'over-limit' ? cheaperThan(house, payment) : undefined}
        {...{ status, statusUrl, eventsUrl }}
      />
    )
  }
  return (
    <WaitingPage
      {...site}
      {...sale}
      {...{ status, reference, phoneNumber, phoneMasked, statusUrl, eventsUrl }}
      packageId={mayAskAgain ? payment.packageId : undefined}
      elapsedSeconds={Math.floor((nowMs - payment.createdAtMs) / 1000)}
      provisionalUntil={paymentStatus(db, clock, payment).provisional_until}
    />
  )
}

/** The dearest of what costs less come first: nearest to what was wanted. */
const cheaperThan = (house: House, { amountCents, currency }: PaymentRow) =>
  cardsOnSale(house)
    .filter((card) => card.priceCents > 0 && card.priceCents < amountCents && card.currency === currency)
    .sort((one, other) => other.priceCents - one.priceCents)
    .slice(0, MOST_OFFERED)

const MOST_OFFERED = 3
