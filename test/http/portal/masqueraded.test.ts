import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'
import { open as openPage } from './browser.ts'

/** All that its customers send to the portal comes from here. */
const ROUTER = '127.0.0.2'
const open = (url: string) => openPage(url, {}, ROUTER)

describe('a customer behind a router that masquerades', () => {
  let site: Site
  before(async () => {
    site = await openSite({ routerAddress: ROUTER, environment: { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' } })
  })
  after(() => site.close())

  const captured = (macAddress: string) => open(`http://${ROUTER}:${site.router.httpPort}/?mac=${macAddress}`)
  const accessGranted = async (paymentUrl: string) => {
    const events = await site.events()
    await events.when(({ type, data }) => type === 'access.granted' && data.source_id === paymentUrl.split('/')[4])
    events.close()
  }

  it('pays on the page that the router opened, is online, and navigates twice', { timeout: 60_000 }, async () => {
    const { macAddress } = site.join()
    const waiting = await (await captured(macAddress)).press('Pay KSh 10', { phone: '0700000801' })
    await site.router.whenOnline(macAddress)
    await site.router.sendInterim(macAddress)
    const online = await open(waiting.url)
    assert.match(online.text, /You are online/)
    assert.match(online.html, /data-next="[^"]*&amp;n=1"/)
    assert.match((await open(`${waiting.url}&n=1`)).text, /You are online/)
  })

  it('who has lost the page while the router’s API is down is told not to pay again, types the M-PESA code, and is let in by the router’s own form', {
    timeout: 60_000,
  }, async () => {
    site.router.faults.apiDown = true
    const { macAddress } = site.join()
    const waiting = await (await captured(macAddress)).press('Pay KSh 10', { phone: '0700000802' })
    await accessGranted(waiting.url)

    const again = await captured(macAddress)
    assert.match(again.text, /A payment for this device is already here. Do not pay again/)
    assert.doesNotMatch(again.html, /\/w\/|\/a\//)
    const receipt = site.mpesa.paymentsOf('254700000802')[0]?.receipt ?? ''
    const connecting = await (await again.follow('I have a code')).press('Connect', { code: receipt })
    const back = await connecting.press('Connect this device')
    assert.equal(new URL(back.url).origin, site.url)
    assert.ok(site.router.isOnline(macAddress))
    assert.equal(site.mpesa.moneyTaken('254700000802').count, 1)
    site.router.faults.apiDown = false
  })

  it('learns nothing of the others there: not by their devices, not by their phones, not of being online', {
    timeout: 60_000,
  }, async () => {
    const [one, other] = [site.join(), site.join()]
    site.mpesa.scenario('254700000803', 'late')
    const waiting = await (await captured(one.macAddress)).press('Pay KSh 10', { phone: '0700000803' })
    const [, , id, token] = new URL(waiting.url).pathname.split('/')
    const looks = [
      await captured(other.macAddress),
      await open(`${site.url}/?mac=${one.macAddress}&router=1`),
      await (await captured(other.macAddress)).press('Pay KSh 10', { phone: '0700000803' }),
      await (await open(`${site.url}/?mac=${one.macAddress}&router=1`)).press('Pay KSh 10', { phone: '0700000803' }),
    ]
    for (const { html, url } of looks) {
      for (const secret of [id, token]) {
        assert.ok(secret && !html.includes(secret) && !url.includes(secret), url)
      }
    }
    const told = await fetch(`${site.url}/capport`, { headers: { 'X-Forwarded-For': ROUTER } })
    assert.equal(told.status, 404)
    await site.mpesa.releaseLate()
  })
})
