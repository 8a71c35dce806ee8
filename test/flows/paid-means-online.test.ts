import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { open } from '../http/portal/browser.ts'
import { openSite, type PaymentView, type Site } from './site.ts'

describe('paid means online', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  it('takes a phone from the request to the Internet, with an SMS and a note to the cloud', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const view = await site.whenView(
      purchase,
      ({ status, access }) => status === 'fulfilled' && access?.online === true,
    )
    const message = await site.sms.whenSent()
    assert.ok(view.access)
    assert.ok(message.text.includes(view.access.username))
    assert.deepEqual(site.mpesa.moneyTaken(phone.phoneNumber), { shillings: 10, count: 1 })
    const login = site.router.logins.find(({ macAddress }) => macAddress === phone.macAddress)
    assert.equal(login?.username, view.access.username)

    const published = new Set<string>()
    await site.broker.whenMessage(({ topic, payload }) => {
      if (topic !== 'mlango/v1/test-site/events') return false
      const text = payload[0] === 0x1f ? gunzipSync(payload).toString() : payload.toString()
      for (const event of JSON.parse(text).events) published.add(event.type)
      return [
        'payment.requested',
        'payment.completed',
        'access.granted',
        'access.online',
        'credentials.sent',
        'session.started',
      ].every((type) => published.has(type))
    })
    const glance = await site.broker.whenMessage(({ topic }) => topic === 'mlango/v1/test-site/summary')
    assert.equal(glance.retain, true)
    assert.equal(JSON.parse(glance.payload.toString()).currency, 'KES')
  })

  it('shows every step to the one who waits', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    const views = await site.stream<{ status: string; access: { online: boolean } | null }>(purchase.eventsUrl)
    await views.when(({ status }) => status === 'prompted')
    await site.mpesa.releaseLate()
    await views.when(({ access }) => access?.online === true)
    await views.when(({ status }) => status === 'fulfilled')
    const steps = views.seen.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1])
    assert.deepEqual(steps.slice(-3), ['prompted', 'paid', 'fulfilled'])
  })

  it('takes what a program asks for twice as the same purchase', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const [first, second] = await Promise.all([site.buy(phone), site.buy(phone)])
    assert.equal(first?.paymentId, second?.paymentId)
    await site.whenView(first, ({ status }) => status === 'prompted')
    await site.mpesa.releaseLate()
    await site.router.whenOnline(phone.macAddress)
    assert.equal(site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
  })

  it('takes a second tap on the same package as the same purchase', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const shop = await open(`${site.url}/?mac=${phone.macAddress}`)
    const tap = () => shop.press('Pay KSh 10', { phone: phone.phoneNumber })
    const [first, second] = await Promise.all([tap(), tap()])
    assert.match(first.url, /\/w\//)
    assert.equal(first.url, second.url)
    const [, paymentId, token] = /\/w\/([^/]+)\/([^?]+)/.exec(first.url) ?? []
    const events = await site.stream<PaymentView>(`/api/payments/${paymentId}/events?token=${token}`)
    await events.when(({ status }) => status === 'prompted')
    events.close()
    await site.mpesa.releaseLate()
    await site.router.whenOnline(phone.macAddress)
    assert.equal(site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
  })

  it('lets nobody else see the purchase', async () => {
    const purchase = await site.buy(site.join())
    const path = `/api/payments/${purchase.paymentId}`
    assert.equal((await site.call('GET', `${path}?token=wrong`, undefined, null)).status, 404)
    assert.equal((await site.call('GET', path, undefined, null)).status, 404)
    assert.equal((await site.call('GET', `${path}/events?token=wrong`, undefined, null)).status, 404)
  })

  it('lets a voucher in, once', async () => {
    const phone = site.join()
    const batch = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 2 })
    const [code] = batch.body.codes
    const redeemed = await site.call('POST', '/api/vouchers/redeem', { code, mac_address: phone.macAddress }, null)
    assert.equal(redeemed.status, 200)
    await site.router.whenOnline(phone.macAddress)
    const again = await site.call('POST', '/api/vouchers/redeem', { code, mac_address: site.join().macAddress }, null)
    assert.equal(again.status, 409)
    const guess = await site.call(
      'POST',
      '/api/vouchers/redeem',
      { code: '0000000000', mac_address: phone.macAddress },
      null,
    )
    assert.equal(guess.status, 404)
  })
})
