import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { openSite, type Site } from '../flows/site.ts'
import { type Air, openAir } from './air.ts'
import { noChromium, openChromium, PHONE } from './chromium.ts'
import { heading, OWN_ADDRESSES } from './phones.ts'

const WAIT = { timeout: 45_000 }

describe('a phone at a box that tells nobody more of changes', { skip: noChromium }, () => {
  let site: Site
  let browser: Browser
  before(async () => {
    site = await openSite({ environment: { MLANGO_HTTP_MAX_STREAMS: '0' } })
    browser = await openChromium()
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  it('asks for itself, and learns what came of it', { timeout: 120_000 }, async () => {
    const { macAddress, phoneNumber } = site.join()
    site.mpesa.scenario(phoneNumber, 'late')
    const context = await browser.newContext(PHONE)
    const page = await context.newPage()
    const asked: string[] = []
    page.on('response', (answer) => asked.push(`${answer.status()} ${answer.request().resourceType()}`))
    await page.goto(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
    await page.fill('#phone', `0${phoneNumber.slice(3)}`)
    await page.tap('button.pk')
    await page.waitForSelector('h1:visible:text-is("Check your phone")', WAIT)
    await page.waitForResponse((answer) => answer.request().resourceType() === 'xhr', WAIT)
    await site.mpesa.releaseLate()
    await page.waitForSelector('h1:visible:text-is("You are online")', WAIT)
    assert.ok(asked.includes('503 eventsource') && asked.includes('200 xhr'), asked.join(', '))
    assert.ok(!asked.includes('200 eventsource'))
    await context.close()
  })
})

describe('a phone whose stream of changes is cut while it waits', { skip: noChromium }, () => {
  let site: Site
  let air: Air
  let browser: Browser
  before(async () => {
    site = await openSite({ environment: OWN_ADDRESSES })
    air = await openAir(site)
    browser = await openChromium()
  })
  after(async () => {
    await browser?.close()
    await air?.close()
    await site?.close()
  })

  it('asks for itself, and learns what came of it', { timeout: 120_000 }, async () => {
    const { macAddress, phoneNumber } = site.join()
    air.become(site.router.join(macAddress))
    site.mpesa.scenario(phoneNumber, 'late')
    const proxy = { server: `http://127.0.0.1:${air.port}`, bypass: '<-loopback>' }
    const context = await browser.newContext({ ...PHONE, proxy })
    const page = await context.newPage()
    await page.goto('http://connectivitycheck.gstatic.com/generate_204')
    await page.fill('#phone', `0${phoneNumber.slice(3)}`)
    await page.tap('button.pk')
    await heading(page, 'Check your phone')
    await air.whenStreaming()
    const before = air.asked.length
    air.cutStreams()
    await site.mpesa.releaseLate()
    await heading(page, 'You are online')
    const asked = air.asked.slice(before)
    assert.ok(
      asked.some((one) => /^GET \/api\/payments\/[\w-]+$/.test(one)),
      asked.join(', '),
    )
    assert.ok(site.router.isOnline(macAddress))
    await context.close()
  })
})
