import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openSite, type Site } from '../flows/site.ts'
import { noChromium, openChromium, PHONE, picture, watchTroubles } from './chromium.ts'
import { heading, OWN_ADDRESSES } from './phones.ts'

/** What a phone opens to find out whether it is online; before it is, the router answers for everybody. */
const ANDROID_PROBE = 'http://connectivitycheck.gstatic.com/generate_204'
const APPLE_PROBE = 'http://captive.apple.com/hotspot-detect.html'
const WAIT = { timeout: 45_000 }

const POOR_BROWSER = `
  delete window.EventSource
  for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(window, name, { get() { throw new Error('storage is denied') } })
  }`

describe('a phone with a browser', { skip: noChromium }, () => {
  let site: Site
  let browser: Browser
  let phones = 0
  before(async () => {
    site = await openSite({ pinDelayMs: 300, environment: OWN_ADDRESSES })
    browser = await openChromium({ everyHost: `127.0.0.1:${site.router.httpPort}` })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  /** A new phone on the WiFi: all that it sends comes from the one address that this machine has. */
  async function joinWithBrowser(javaScriptEnabled: boolean) {
    phones += 1
    const macAddress = `02:00:00:00:01:${phones.toString(16).padStart(2, '0').toUpperCase()}`
    site.router.join(macAddress, '127.0.0.1')
    const context = await browser.newContext({ ...PHONE, javaScriptEnabled })
    const troubles = watchTroubles(context, 'http://')
    const page = await context.newPage()
    return { macAddress, phoneNumber: `07000001${String(phones).padStart(2, '0')}`, context, page, troubles }
  }

  /** As the phone's own captive portal sheet does. */
  async function openSheet(page: Page): Promise<void> {
    await page.goto(ANDROID_PROBE)
    assert.equal(new URL(page.url()).origin, site.url)
    await heading(page, 'Get online')
  }

  async function isOnline({ page, macAddress }: { page: Page; macAddress: string }): Promise<void> {
    await site.router.whenOnline(macAddress)
    await heading(page, 'You are online')
    const sheet = await page.context().newPage()
    await sheet.goto(APPLE_PROBE)
    assert.equal(await sheet.textContent('body'), 'Success')
    await sheet.close()
  }

  it('gets through without storage and without streams of events, as in some mini-browsers', async () => {
    const phone = await joinWithBrowser(true)
    await phone.context.addInitScript({ content: POOR_BROWSER })
    await openSheet(phone.page)
    await phone.page.fill('#phone', phone.phoneNumber)
    await phone.page.tap('button.pk:has-text("1 hour")')
    await isOnline(phone)
    await phone.context.close()
    assert.deepEqual(phone.troubles, [])
  })

  it('finds its purchase again after the sheet was closed while the PIN was typed', async () => {
    const phone = await joinWithBrowser(true)
    // Not the router's own address: this one does not masquerade.
    await phone.context.setExtraHTTPHeaders({ 'X-Forwarded-For': '10.5.50.7' })
    site.mpesa.scenario(`254${phone.phoneNumber.slice(1)}`, 'late')
    const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1)
    await openSheet(phone.page)
    await phone.page.fill('#phone', phone.phoneNumber)
    await phone.page.tap('button.pk:has-text("1 hour")')
    await pushed
    await heading(phone.page, 'Check your phone')
    await phone.page.close()
    const again = await phone.context.newPage()
    await again.goto(ANDROID_PROBE)
    await heading(again, 'Check your phone')
    await site.mpesa.releaseLate()
    await isOnline({ ...phone, page: again })
    await phone.context.close()
    assert.deepEqual(phone.troubles, [])
  })

  for (const javaScript of [true, false]) {
    describe(javaScript ? 'that runs scripts' : 'that runs no scripts', () => {
      const suffix = javaScript ? 'js' : 'nojs'
      let context: BrowserContext | undefined
      const join = async () => {
        const phone = await joinWithBrowser(javaScript)
        context = phone.context
        return phone
      }
      after(() => context?.close())

      it('is captured, pays with one tap and the PIN, and is online', async () => {
        const phone = await join()
        const { page, phoneNumber } = phone
        site.mpesa.scenario(`254${phoneNumber.slice(1)}`, 'late')
        const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1)
        await openSheet(page)
        await picture(page, `flow-${suffix}-1-home`)
        await page.fill('#phone', phoneNumber)
        await page.tap('button.pk:has-text("1 hour")')
        await page.waitForURL(/\/w\//)
        assert.equal((await pushed).phoneNumber, `254${phoneNumber.slice(1)}`)
        await heading(page, 'Check your phone')
        await picture(page, `flow-${suffix}-2-waiting`)
        await site.mpesa.releaseLate()
        await isOnline(phone)
        await page.waitForURL(/&n=1$/, WAIT)
        await picture(page, `flow-${suffix}-3-online`)
        assert.equal(site.mpesa.moneyTaken(`254${phoneNumber.slice(1)}`).count, 1)
        assert.deepEqual(phone.troubles, [])
      })

      it('is captured, types a voucher, and is online', async () => {
        const phone = await join()
        const { page } = phone
        const batch = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })
        await openSheet(page)
        await page.tap('text=I have a code')
        await page.fill('#code', String(batch.body.codes[0]).toLowerCase())
        await picture(page, `flow-${suffix}-4-code`)
        await page.tap('button[type=submit]')
        await isOnline(phone)
        assert.deepEqual(phone.troubles, [])
      })

      it('is off when the time is up, is captured again, and is shown what to do', async () => {
        const sold = await site.call('POST', '/api/packages', {
          name: `Moment ${suffix}`,
          price_cents: 100,
          duration_seconds: 4,
        })
        assert.equal(sold.status, 201)
        const phone = await join()
        // Not the router's own address: this one does not masquerade.
        await phone.context.setExtraHTTPHeaders({ 'X-Forwarded-For': '10.5.50.8' })
        const { page, phoneNumber, macAddress } = phone
        await openSheet(page)
        await page.fill('#phone', phoneNumber)
        await page.tap(`button.pk:has-text("Moment ${suffix}")`)
        await site.router.whenOnline(macAddress)
        await site.router.whenOffline(macAddress)
        await page.goto(ANDROID_PROBE)
        assert.equal(new URL(page.url()).origin, site.url)
        await heading(page, 'Your time is up')
        assert.equal(await page.inputValue('#phone'), phoneNumber)
        assert.match((await page.textContent('button.pk')) ?? '', /Buy again/)
        await picture(page, `flow-${suffix}-5-time-up`)
        assert.deepEqual(phone.troubles, [])
      })

      it('hears why it was not paid, and can pay with another tap', async () => {
        const phone = await join()
        const { page, phoneNumber } = phone
        site.mpesa.scenario(`254${phoneNumber.slice(1)}`, 'cancelled')
        await openSheet(page)
        await page.fill('#phone', phoneNumber)
        await page.tap('button.pk:has-text("1 hour")')
        await heading(page, 'Not paid yet')
        assert.match((await page.textContent('[role=alert]')) ?? '', /You cancelled the payment. No money was taken/)
        await picture(page, `flow-${suffix}-6-cancelled`)
        site.mpesa.scenario(`254${phoneNumber.slice(1)}`, 'success')
        await page.tap('button[name=package]')
        await isOnline(phone)
        assert.deepEqual(phone.troubles, [])
      })
    })
  }
})
