import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'
import { open, type Page } from './browser.ts'

describe('an access for several devices', () => {
  let site: Site
  before(async () => {
    site = await openSite()
    const family = { name: 'Family', price_cents: 3000, duration_seconds: 7200, device_limit: 2 }
    assert.equal((await site.call('POST', '/api/packages', family)).status, 201)
  })
  after(() => site.close())

  const captured = (macAddress: string) => open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
  const typeCode = async (macAddress: string, code: string) =>
    (await (await captured(macAddress)).follow('I have a code')).press('Connect', { code })
  const statusOf = async ({ url }: Page) => {
    const { pathname, search } = new URL(url)
    return (await site.call('GET', `${pathname}/status${search}`, undefined, null)).body.access.online
  }
  /** The router's account of it is answered when it is stored. */
  const started = async (macAddress: string) => {
    await site.router.whenOnline(macAddress)
    await site.router.sendInterim(macAddress)
  }

  it('is on the page of each what it is on that device', { timeout: 60_000 }, async () => {
    const [first, second] = [site.join().macAddress, site.join().macAddress]
    const paid = await (await captured(first)).press('Pay KSh 30', { phone: '0700000701' })
    await started(first)
    const own = await open(paid.url)
    assert.match(own.text, /You are online/)
    const code = /<b class="code">([^<]+)</.exec(own.html)?.[1] ?? ''

    site.router.faults.apiDown = true
    const connecting = await typeCode(second, code)
    assert.match(connecting.text, /Connecting you/)
    assert.equal(await statusOf(connecting), false)
    assert.match((await open(paid.url)).text, /You are online/)
    assert.match((await open(new URL(connecting.url).origin + new URL(connecting.url).pathname)).text, /You are online/)

    site.router.faults.apiDown = false
    await connecting.press('Connect this device')
    await started(second)
    assert.equal(await statusOf(connecting), true)
    assert.match((await open(connecting.url)).text, /You are online/)

    const third = site.join().macAddress
    const full = await typeCode(third, code)
    assert.match(full.text, /This package already has 2 devices. Move it here\?/)
    assert.match(full.text, /It is for 2 devices, and 2 are online. The one that came first goes offline/)
    await full.press('Move it here')
    await site.router.whenOnline(third)
    await site.router.whenOffline(first)
    assert.ok(site.router.isOnline(second))
  })
})
