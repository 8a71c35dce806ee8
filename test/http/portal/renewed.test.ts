import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { viewOf } from '../../../portal/customer/island.ts'
import { openSite, type Site } from '../../flows/site.ts'
import { open, type Page } from './browser.ts'

describe('a subscription that is paid in the portal', () => {
  let site: Site
  let packageId: number
  before(async () => {
    site = await openSite()
    packageId = (await sell('Month', 150_000, 'hotspot')).body.id
    await sell('Home line', 250_000, 'pppoe')
  })
  after(() => site.close())

  const sell = (name: string, priceCents: number, type: string) =>
    site.call('POST', '/api/packages', { name, price_cents: priceCents, duration_seconds: 30 * 86_400, type })
  const subscribe = async (phoneNumber: string, username: string) =>
    (
      await site.call('POST', '/api/subscriptions', {
        ...{ customer: { phone_number: phoneNumber }, package_id: packageId, username },
      })
    ).body
  const buy = async (phone: { macAddress: string; phoneNumber: string }, button: string) => {
    const home = await open(`${site.url}/?mac=${phone.macAddress}&router=1`)
    return home.press(button, { phone: `0${phone.phoneNumber.slice(3)}` })
  }
  const settled = async (page: Page) => {
    const events = await site.events()
    await events.when(({ type, data }) => type === 'subscription.renewed' && data.payment_id === page.url.split('/')[4])
    events.close()
    return open(page.url)
  }
  /** What the status address says now must be what the page shows: else its script would load it again, for ever. */
  const assertIsSettled = async ({ html, url }: Page) => {
    const view = /data-view="([^"]*)"/.exec(html)?.[1]
    if (view === undefined) return assert.doesNotMatch(html, /http-equiv=refresh/)
    const [, , , , paymentId, token] = url.split(/[/?]/)
    const { body } = await site.call('GET', `/api/payments/${paymentId}?token=${token}`, undefined, null)
    assert.equal(view, viewOf(body))
  }

  it('says until when it is paid, and its page comes to rest, also while the line is up', async () => {
    const phone = site.join()
    const made = await subscribe(phone.phoneNumber, 'amina.home')
    const page = await settled(await buy(phone, 'Pay KSh 1,500'))
    assert.match(page.text, /Your subscription is paid/)
    assert.match(page.text, /Month – until/)
    assert.match(page.text, /amina\.home/)
    assert.ok(page.text.includes(made.password))
    await assertIsSettled(page)
    const login = { username: made.username, password: made.password }
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, true)
    const events = await site.events()
    await events.when(({ type, data }) => type === 'session.started' && data.username === made.username)
    events.close()
    const online = await open(page.url)
    assert.match(online.text, /Your subscription is paid/)
    await assertIsSettled(online)
  })

  it('connects the device that renewed it with one tap', async () => {
    const phone = site.join()
    await subscribe(phone.phoneNumber, 'baraka.home')
    const page = await settled(await buy(phone, 'Pay KSh 1,500'))
    await page.press('Connect this device')
    await site.router.whenOnline(phone.macAddress)
  })

  it('shows a new subscriber of a line the name and password that were made for it', async () => {
    const phone = site.join()
    const page = await settled(await buy(phone, 'Pay KSh 2,500'))
    const [made] = (await site.call('GET', '/api/subscriptions?limit=1')).body.items
    assert.match(page.text, /Home line – until/)
    assert.ok(page.text.includes(`User name ${made.username}`), page.text)
    assert.doesNotMatch(page.text, /Connect this device/)
  })

  it('shows who pays for another account until when it is paid, and no password', async () => {
    const made = await subscribe('254711000009', 'grace.home')
    const order = { phone_number: '254711000008', package_id: packageId, account_number: made.account_number }
    const { body } = await site.call('POST', '/api/payments/stk', order, null)
    const page = await settled(await open(`${site.url}/w/${body.payment_id}/${body.token}`))
    assert.match(page.text, /Month – until/)
    assert.ok(page.text.includes(`Account number ${made.account_number}`), page.text)
    assert.doesNotMatch(page.text, /Password|grace\.home/)
    await assertIsSettled(page)
  })
})
