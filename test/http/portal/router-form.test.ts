import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'
import { open as openPage } from './browser.ts'

/** Not the router's own address: this one does not masquerade. */
const PHONE_AT = '10.5.50.7'
const open = (url: string) => openPage(url, {}, PHONE_AT)
const headers = { 'X-Forwarded-For': PHONE_AT }

describe('the router’s own login form, while its API is down', () => {
  let site: Site
  before(async () => {
    site = await openSite({ environment: { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' } })
    site.router.faults.apiDown = true
  })
  after(() => site.close())

  const captured = (macAddress: string) => open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
  const started = async (macAddress: string) => {
    const username = site.router.logins.findLast((login) => login.macAddress === macAddress)?.username
    const events = await site.events()
    await events.when(({ type, data }) => type === 'session.started' && data.username === username)
    events.close()
  }
  const voucher = async () =>
    String((await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })).body.codes[0])

  it('lets the customer in who pays, and leads back to the page', { timeout: 60_000 }, async () => {
    const { macAddress } = site.join()
    const waiting = await (await captured(macAddress)).press('Pay KSh 10', { phone: '0700000400' })
    const events = await site.events()
    await events.when(({ type, data }) => type === 'access.granted' && data.source_id === waiting.url.split('/')[4])
    const connecting = await open(waiting.url)
    assert.ok(connecting.html.includes(`<form method="post" action="${site.router.loginUrl(macAddress)}"`))
    const policy = (await fetch(waiting.url, { headers })).headers.get('content-security-policy') ?? ''
    const { origin } = new URL(site.router.loginUrl(macAddress))
    assert.ok(policy.includes(`form-action 'self' ${origin} ${site.url};`), policy)
    const back = await connecting.press('Connect this device')
    assert.equal(new URL(back.url).origin + new URL(back.url).pathname, waiting.url.split('?')[0])
    assert.ok(site.router.isOnline(macAddress))
    assert.deepEqual(
      site.router.logins.map(({ by, outcome }) => [by, outcome]),
      [['form', 'online']],
    )
    events.close()
    await started(macAddress)
    assert.match((await open(back.url)).text, /You are online/)
  })

  it('is not sent again by itself after the router has refused it', async () => {
    const { macAddress } = site.join()
    site.router.faults.radiusDown = true
    const connecting = await (await captured(macAddress))
      .follow('I have a code')
      .then(async (page) => page.press('Connect', { code: await voucher() }))
    assert.match(connecting.html, /<form [^>]*data-after="\d+"/)
    const refused = await connecting.press('Connect this device')
    assert.equal(new URL(refused.url).pathname, new URL(connecting.url).pathname)
    assert.doesNotMatch(refused.html, /<form [^>]*data-after/)
    site.router.faults.radiusDown = false
    await refused.press('Connect this device')
    assert.ok(site.router.isOnline(macAddress))
  })

  it('is not sent by itself for a customer who has left on purpose', async () => {
    const { macAddress } = site.join()
    const bought = await (await captured(macAddress))
      .follow('I have a code')
      .then(async (page) => page.press('Connect', { code: await voucher() }))
    await bought.press('Connect this device')
    await started(macAddress)
    await (await open(bought.url)).press('Disconnect')
    await site.router.whenOffline(macAddress)
    const events = await site.events()
    const username = site.router.logins.findLast((login) => login.macAddress === macAddress)?.username
    await events.when(({ type, data }) => type === 'session.stopped' && data.username === username)
    events.close()
    assert.doesNotMatch((await open(bought.url)).html, /<form [^>]*data-after/)
    site.router.join(macAddress)
    assert.doesNotMatch((await captured(macAddress)).url, /\/a\//)
  })

  it('is never one that a link names, unless it is a known router’s', async () => {
    for (const llo of ['http://evil.example/login', 'http://127.0.0.1@evil.example/', 'javascript:127.0.0.1']) {
      const { macAddress } = site.join()
      const home = await open(`${site.url}/?router=1&mac=${macAddress}&llo=${encodeURIComponent(llo)}`)
      const connecting = await home
        .follow('I have a code')
        .then(async (page) => page.press('Connect', { code: await voucher() }))
      assert.doesNotMatch(connecting.html, /evil|javascript:|name="password"/, llo)
      assert.match(
        (await fetch(connecting.url, { headers })).headers.get('content-security-policy') ?? '',
        /form-action 'self';/,
      )
    }
  })

  it('is not on the page of a purchase for another device', async () => {
    const { macAddress } = site.join()
    await captured(macAddress)
    const tv = site.join().macAddress
    const connecting = await open(`${site.url}/code?mac=${tv}&router=1`).then(async (page) =>
      page.press('Connect', { code: await voucher() }),
    )
    assert.match(connecting.text, /Connecting you/)
    assert.doesNotMatch(connecting.html, /name="password"/)
  })
})
