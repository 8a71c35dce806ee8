import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { HomePage } from '../../../portal/customer/home.tsx'
import type { FormError } from '../../../portal/customer/pay-form.tsx'
import { linkTo, type SitePage } from '../../../portal/customer/site-page.ts'
import { paymentByClientKey } from '../../billing/payment-table.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../../billing/phone-number.ts'
import { routerByAddress } from '../../routers/router-table.ts'
import { inOneState } from '../../store/database.ts'
import type { Buy } from '../buy.ts'
import { clientAddress, isFromThisBox } from '../client-address.ts'
import type { House } from '../house.ts'
import { paymentUrls } from '../payment-token.ts'
import { answerPage } from './answer-page.ts'
import type { DeviceMemory } from './device-memory.ts'
import { readForm } from './form.ts'
import { grantPageOf } from './grant-address.ts'
import { timeLeftView } from './grant-view.tsx'
import { alreadyPaying, mustWait, undecidedPage } from './held-payment.tsx'
import { knownDevice } from './known-device.ts'
import { loginRefusal } from './login-refusal.ts'
import { cardsOnSale } from './package-card.ts'
import { payingNow, wouldAskInVain } from './paying.ts'
import { queryOf, visitorOf } from './visitor.ts'

/** What a home page is shown with, after something was refused. */
interface Again {
  phoneNumber?: string
  error?: FormError
}

/** The first page, and the tap that buys. */
export function shopPages(house: House, buy: Buy, { lastPages, loginForms }: DeviceMemory): Hono {
  const { db, config } = house
  const app = new Hono()

  const deviceOf = (c: Context, { macAddress }: SitePage) =>
    knownDevice(house, clientAddress(c, config.http.trusted_proxies), macAddress)

  /** Of all customers behind a router that masquerades: each has to get a page with a key of its own. */
  const isShared = (c: Context) =>
    !isFromThisBox(c) && routerByAddress(db, clientAddress(c, config.http.trusted_proxies)) !== undefined

  const home = (c: Context, visitor: SitePage, again: Again = {}) => {
    const notice = again.error
      ? undefined
      : (alreadyPaying(house, visitor.macAddress) ?? loginRefusal(c.req.query('err')))
    const last = c.req.query('other') === undefined && !again.error ? deviceOf(c, visitor)?.lastPurchase : undefined
    return answerPage(
      house,
      c,
      <HomePage
        {...visitor}
        path={linkTo(visitor, '/')}
        packages={cardsOnSale(house)}
        idempotencyKey={randomUUID()}
        paying={payingNow(house)}
        known={last && { phoneMasked: maskPhoneNumber(last.phoneNumber), lastPackageId: last.packageId }}
        notice={notice}
        {...again}
      />,
      again.error ? 422 : 200,
      { keep: last === undefined && notice === undefined && !isShared(c) },
    )
  }

  const firstPage = (c: Context) => {
    const visitor = visitorOf(house, c, queryOf(c))
    const { llo, err = '' } = c.req.query()
    const isCaptured = llo !== undefined
    if (isCaptured) loginForms.remember(c, visitor.macAddress, llo)
    const page = isCaptured ? lastPages.find(c, visitor.macAddress, llo) : undefined
    // The router refused its own form: not sent again at once, or the two would play ball with the phone.
    if (page !== undefined) return c.redirect(err === '' ? page : `${page}&tried=1`, 303)
    const device = deviceOf(c, visitor)
    if (!device?.grant) return home(c, visitor)
    if (device.online && !isCaptured) {
      return c.redirect(grantPageOf(house, device.grant.id, { ...visitor, macAddress: device.macAddress }), 303)
    }
    const back = timeLeftView(house, { ...visitor, path: linkTo(visitor, '/') }, device.grant, 'back')
    return back ? answerPage(house, c, back) : home(c, visitor)
  }

  app.get('/', (c) => inOneState(db, () => firstPage(c)))

  /** The packages, also for those who have one. */
  app.get('/buy', (c) => inOneState(db, () => home(c, visitorOf(house, c, queryOf(c)))))

  app.post('/pay', async (c) => {
    const form = await readForm(c)
    const visitor = visitorOf(house, c, form)
    const typed = form.known === '1' ? deviceOf(c, visitor)?.lastPurchase?.phoneNumber : form.phone
    // What we know and the customer did not type is not shown to the customer either.
    const phoneShown = form.known === '1' ? {} : { phoneNumber: typed ?? '' }
    const refuse = (field: FormError['field'], code: FormError['code'], phoneMasked?: string) =>
      home(c, visitor, { ...phoneShown, error: { field, code, phoneMasked } })

    const phoneNumber = parsePhoneNumber(typed ?? '')
    if (phoneNumber === undefined) return refuse('phone', 'bad-number')
    if (!/^\d{1,9}$/.test(form.package ?? '')) return refuse('package', 'choose-package')
    // Another package on the same page is another purchase; the same once more asks for nothing new.
    const clientKey = /^[\w-]{8,64}$/.test(form.key ?? '') ? `${form.key}.${form.package}.${phoneNumber}` : null
    if (clientKey === null || !paymentByClientKey(db, clientKey)) {
      if (wouldAskInVain(house, Number(form.package))) return home(c, visitor, phoneShown)
      const wait = mustWait(house, phoneNumber, Number(form.package))
      if (wait) return refuse(undefined, wait)
    }
    const wanted = {
      phoneNumber,
      packageId: Number(form.package),
      macAddress: visitor.macAddress ?? null,
      routerId: visitor.routerId ?? null,
      language: visitor.language,
      clientKey,
    }
    const outcome = await buy(c, wanted, { payAgain: form.anyway === '1', asksBack: true })
    switch (outcome.outcome) {
      case 'requested':
      case 'already-requested': {
        const { pageUrl } = paymentUrls(outcome.paymentId, outcome.token)
        const page = `${pageUrl}?l=${visitor.language}`
        lastPages.remember(c, visitor.macAddress, page)
        return c.redirect(page, 303)
      }
      case 'unknown-package':
      case 'unknown-router':
      case 'unknown-account':
      case 'wrong-package':
        return refuse('package', 'package-gone')
      case 'phone-busy':
        return refuse(undefined, 'already-pending', maskPhoneNumber(phoneNumber))
      case 'undecided':
        return answerPage(house, c, undecidedPage(house, visitor, form, outcome.earlier), 409)
      case 'trial-used':
      case 'trial-while-online':
      case 'trial-needs-device':
        return refuse('package', outcome.outcome)
      case 'key-reused':
        return refuse(undefined, 'trouble')
      case 'mpesa-not-configured':
        return refuse(undefined, 'mpesa-down')
      case 'too-many-tries':
        return home(c, visitor, {
          ...phoneShown,
          error: { field: undefined, code: 'too-many-tries', waitSeconds: outcome.waitSeconds },
        })
    }
  })

  return app
}
