import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../flows/site.ts'
import { noWebkit, openWebkit, type Webkit } from './webkit.ts'

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
})
