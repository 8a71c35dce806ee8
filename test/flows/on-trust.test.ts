import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from './site.ts'

describe('access on trust, at a whole site', () => {
  let site: Site
  before(async () => {
    site = await openSite({
      environment: {
        MLANGO_MPESA_QUERY_INTERVAL_MS: '600000',
        MLANGO_PROVISIONAL_ENABLED: 'true',
        MLANGO_PROVISIONAL_RATE_LIMIT: '256k/1M',
      },
    })
  })
  after(() => site.close())

  const smsTo = (phoneNumber: string) => site.sms.messages.filter(({ to }) => to.includes(phoneNumber)).length

  it('keeps a phone on the WiFi while its owner types the PIN, over a power cut too, until the money comes', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const view = (await site.call('GET', purchase.statusUrl, undefined, null)).body
    assert.equal(view.status, 'prompted')
    assert.equal(view.access, null)
    assert.ok(Date.parse(view.provisional_until) - Date.now() < 180_000)
    const page = await site.call('GET', `/w/${purchase.paymentId}/${purchase.token}`, undefined, null)
    assert.match(page.body, /already online, slowly/)
    assert.equal(smsTo(phone.phoneNumber), 0)

    await site.kill()
    await site.start()
    await site.mpesa.releaseLate()
    const paid = await site.whenView(purchase, ({ status }) => status === 'fulfilled')
    assert.ok(paid.access)
    assert.ok(Date.parse(paid.access.expires_at) - Date.now() < 3_600_000)
    assert.equal(site.router.isOnline(phone.macAddress), true)
  })

  it('ends when M-PESA says that nothing was paid, and is not given to that phone again', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const push = site.mpesa.pushes.at(-1)
    assert.ok(push)
    const events = await site.events()
    await site.mpesa.deliver(push.checkoutRequestId, { resultCode: 1032 })
    await events.when(({ type, data }) => type === 'session.expired' && data.router_id !== undefined)
    events.close()
    assert.equal(site.router.isOnline(phone.macAddress), false)
    const second = await site.buy(phone)
    await site.whenView(second, ({ status }) => status === 'prompted')
    assert.equal((await site.call('GET', second.statusUrl, undefined, null)).body.provisional_until, undefined)
    assert.equal(site.router.isOnline(phone.macAddress), false)
    await site.whenView(purchase, ({ status }) => status === 'declined')
  })
})
