import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from 'playwright-core'
import { noChromium } from './chromium.ts'
import { heading, kill, siteWithPhones } from './phones.ts'

/** At the edge of the WiFi: 50 kbps down, 20 up. */
const EDGE = { offline: false, latency: 400, downloadThroughput: 6400, uploadThroughput: 2560 }
const PAGE_BYTES = 6 * 1024

describe('an old phone at the edge of the WiFi', { skip: noChromium }, () => {
  const here = siteWithPhones()

  it('goes from the first page to "You are online" in a handful of small requests', { timeout: 120_000 }, async () => {
    const phone = here.join()
    here.site.mpesa.scenario(phone.phoneNumber, 'late')
    const page = await phone.newPage()
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', EDGE)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 6 })
    const asked: Request[] = []
    const bytes: Promise<{ path: string; size: number }>[] = []
    page.on('request', (request) => asked.push(request))
    page.on('requestfinished', (request) => {
      if (request.resourceType() !== 'document') return
      const size = request.sizes().then((sizes) => sizes.responseBodySize + sizes.responseHeadersSize)
      bytes.push(size.then((size) => ({ path: new URL(request.url()).pathname, size })))
    })

    await page.goto(`${here.site.url}/?mac=${phone.macAddress}`)
    assert.equal(asked.length, 1, 'the first page is one request')
    const tookMs = (await page.evaluate(
      '(([{ requestStart, responseEnd }]) => responseEnd - requestStart)(performance.getEntriesByType("navigation"))',
    )) as number
    assert.ok(tookMs >= EDGE.latency, `the network is not slow: ${tookMs} ms`)
    await page.fill('#phone', phone.typedNumber)
    await page.tap('button.pk:has-text("1 hour")')
    await heading(page, 'Check your phone')
    await here.site.mpesa.releaseLate()
    await here.site.router.whenOnline(phone.macAddress)
    await heading(page, 'You are online')
    await page.waitForURL(/&n=1$/, { timeout: 45_000 })

    const count = (type: string) => asked.filter((request) => request.resourceType() === type).length
    const story = asked.map((request) => `${request.resourceType()} ${new URL(request.url()).pathname}`).join('\n')
    // The first, the tap and where it leads, paid or connecting, online, and online once more.
    assert.ok(count('document') <= 7, story)
    assert.ok(count('eventsource') <= count('document') - 2, story)
    // Only where a stream says nothing for four seconds.
    assert.ok(count('xhr') <= 4, story)
    assert.equal(count('document') + count('eventsource') + count('xhr'), asked.length, story)
    const sizes = await Promise.all(bytes)
    assert.ok(sizes.length >= 4, story)
    for (const { path, size } of sizes) assert.ok(size > 0 && size <= PAGE_BYTES, `${path}: ${size} bytes`)
    await kill(page)
    assert.deepEqual(phone.troubles, [])
  })
})
