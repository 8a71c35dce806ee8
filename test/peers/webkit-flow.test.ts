import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../flows/site.ts'
import { open } from '../http/portal/browser.ts'
import { noWebkit, openWebkit, showWithoutScripts, type Webkit } from './webkit.ts'

describe('a phone with WebKit', { skip: noWebkit }, () => {
  let site: Site
  let webkit: Webkit
  before(async () => {
    site = await openSite({ pinDelayMs: 300 })
    webkit = await openWebkit()
  })
  after(async () => {
    await webkit?.close()
    await site?.close()
  })

  const captured = (macAddress: string) => webkit.open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)

  it('is captured, pays, is told by the stream, and navigates twice', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    site.mpesa.scenario('254700000401', 'late')
    const pushed = site.mpesa.whenPushed(1, 30_000)
    await captured(macAddress)
    await webkit.headline('Get online')
    assert.equal(new URL(await webkit.url()).origin, site.url)
    assert.equal(await webkit.run('return typeof EventSource'), 'function')
    await webkit.type('#phone', '0700000401')
    await webkit.press('button.pk')
    await pushed
    await webkit.headline('Check your phone')
    await site.mpesa.releaseLate()
    await webkit.headline('You are online')
    assert.ok(site.router.isOnline(macAddress))
    const untilMs = Date.now() + 20_000
    while (!(await webkit.url()).endsWith('&n=1')) assert.ok(Date.now() < untilMs, 'there was no second navigation')
    await webkit.headline('You are online')
  })

  it('finds its purchase again when the sheet was closed while the PIN was typed', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    site.mpesa.scenario('254700000402', 'late')
    const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1, 30_000)
    await captured(macAddress)
    await webkit.type('#phone', '0700000402')
    await webkit.press('button.pk')
    await pushed
    await webkit.headline('Check your phone')
    const waiting = await webkit.url()
    await webkit.open('about:blank')
    await webkit.open(waiting)
    await webkit.headline('Check your phone')
    await webkit.open('about:blank')
    await site.mpesa.releaseLate()
    await site.router.whenOnline(macAddress)
    assert.equal(site.mpesa.moneyTaken('254700000402').count, 1)
  })

  it('types a voucher, and is online', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    const { body } = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })
    await captured(macAddress)
    await webkit.follow('I have a code or already paid')
    await webkit.type('#code', String(body.codes[0]))
    await webkit.press('form[action="/code"] button')
    await webkit.headline('You are online')
    assert.ok(site.router.isOnline(macAddress))
  })

  it('types the code of another device, and takes its access over', { timeout: 120_000 }, async () => {
    const [first, second] = [site.join(), site.join()]
    const purchase = await site.buy(first)
    await site.router.whenOnline(first.macAddress)
    const { access } = await site.view(purchase)
    await captured(second.macAddress)
    await webkit.follow('I have a code or already paid')
    await webkit.type('#code', access?.username ?? '')
    await webkit.press('form[action="/code"] button')
    await webkit.headline('This package is on another device. Move it here?')
    await webkit.press('button[name="move"]')
    await webkit.headline('You are online')
    assert.ok(site.router.isOnline(second.macAddress))
    await site.router.whenOffline(first.macAddress)
  })

  it('is a TV, for which a phone pays', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    await captured(macAddress)
    await webkit.follow('TV or game console')
    await webkit.follow('This is the TV')
    await webkit.headline('Scan with your phone')
    const helped = await open(`${site.url}/tv/other?tv=${macAddress}`)
    await (await helped.follow('Buy a package for it')).press('Pay KSh 10', { phone: '0700000405' })
    await webkit.headline('You are online')
    assert.ok(site.router.isOnline(macAddress))
    assert.equal(site.mpesa.moneyTaken('254700000405').count, 1)
  })

  it('is told when its access has ended, by the page that stayed open', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    await captured(macAddress)
    await webkit.type('#phone', '0700000403')
    await webkit.press('button.pk')
    await webkit.headline('You are online')
    const paymentId = new URL(await webkit.url()).pathname.split('/')[2]
    const { items } = (await site.call('GET', '/api/grants')).body
    const { id } = items.find(({ source_id }: { source_id: string }) => source_id === paymentId)
    await site.call('DELETE', `/api/grants/${id}`)
    await webkit.headline('Your time is up')
  })
})

describe('a phone with WebKit that runs no scripts', { skip: noWebkit }, () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  it('waits for M-PESA, is online, and navigates twice by itself', { timeout: 120_000 }, async () => {
    const { macAddress } = site.join()
    site.mpesa.scenario('254700000404', 'late')
    const pushed = site.mpesa.whenPushed(1, 30_000)
    const home = await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
    const waiting = new URL((await home.press('Pay KSh 10', { phone: '0700000404' })).url)
    await pushed
    const relay = await openRelay(site.url)
    const browser = await showWithoutScripts(relay.url + waiting.pathname + waiting.search)
    const page = `GET ${waiting.pathname}${waiting.search}`
    await relay.whenAsked([page, page])
    await site.mpesa.releaseLate()
    await relay.whenAsked([`${page}&n=1`])
    assert.ok(site.router.isOnline(macAddress))
    assert.ok(
      relay.asked.every((asked) => asked.startsWith(page)),
      relay.asked.join(', '),
    )
    await browser.close()
    await relay.close()
  })
})

/** Passes on what a browser asks for, and keeps it: `GET /path`. */
async function openRelay(target: string) {
  const asked: string[] = []
  const arrivals = new EventEmitter()
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const answer = await fetch(target + request.url, { headers: { Accept: 'text/html' } })
    response.writeHead(answer.status, { 'Content-Type': 'text/html; charset=UTF-8' }).end(await answer.text())
    arrivals.emit('asked')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Each of these, in this order, among all that comes. */
    async whenAsked(expected: readonly string[]) {
      const isThere = () => {
        let at = 0
        for (const one of asked) if (one === expected[at]) at += 1
        return at >= expected.length
      }
      while (!isThere()) await once(arrivals, 'asked', { signal: AbortSignal.timeout(45_000) })
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
