import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import jsQR from 'jsqr'
import type { Page } from 'playwright-core'
import { noChromium, picture } from './chromium.ts'
import { heading, kill, type Phone, siteWithPhones } from './phones.ts'

const TV = { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1, isMobile: false, hasTouch: false }

describe('a TV with a browser', { skip: noChromium }, () => {
  const here = siteWithPhones()
  before(async () => {
    const family = { name: 'Family', price_cents: 3000, duration_seconds: 7200, device_limit: 2 }
    assert.equal((await here.site.call('POST', '/api/packages', family)).status, 201)
  })

  /** All that one does on the TV. */
  async function showSquare(tv: Phone): Promise<Page> {
    const page = await tv.openSheet()
    await page.click('text=TV or game console')
    await page.click('text=This is the TV')
    await heading(page, 'Scan with your phone')
    return page
  }

  /** What the phone's camera reads off the TV, from a picture of it. */
  async function scan(screen: Page): Promise<string> {
    const png = (await screen.locator('svg.qr').screenshot()).toString('base64')
    const desk = await here.browser.newPage()
    const { points, width, height } = (await desk.evaluate(`(async () => {
      const image = new Image()
      image.src = 'data:image/png;base64,${png}'
      await image.decode()
      const { width, height } = image
      const pen = new OffscreenCanvas(width, height).getContext('2d')
      pen.drawImage(image, 0, 0)
      const points = pen.getImageData(0, 0, width, height).data
      return { width, height, points: [...points].map((point) => String.fromCharCode(point)).join('') }
    })()`)) as { points: string; width: number; height: number }
    await desk.close()
    const readAs = jsQR as unknown as typeof jsQR.default
    const read = readAs(Uint8ClampedArray.from(Buffer.from(points, 'latin1')), width, height)
    if (!read) throw new Error('no camera could read the square')
    return read.data
  }

  it('is let in by the phone that scans its square and shares its package, and both are online', {
    timeout: 120_000,
  }, async () => {
    const [tv, phone] = [here.join(TV), here.join()]
    const page = await phone.openSheet()
    await page.fill('#phone', phone.typedNumber)
    await page.tap('button.pk:has-text("Family")')
    await phone.isOnline(page)

    const screen = await showSquare(tv)
    await picture(screen, 'tv-square')
    await page.goto(await scan(screen))
    await heading(page, 'Connect a TV')
    await page.tap('button:has-text("Use my package on it")')
    await tv.isOnline(screen)
    assert.ok(here.site.router.isOnline(phone.macAddress))
    assert.equal(here.site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
    await Promise.all([kill(page), kill(screen)])
    assert.deepEqual([...tv.troubles, ...phone.troubles], [])
  })

  it('that runs no scripts is paid for by a phone that is not online itself, and only the TV is', {
    timeout: 120_000,
  }, async () => {
    const [tv, phone] = [here.join({ ...TV, javaScriptEnabled: false }), here.join()]
    const screen = await showSquare(tv)
    const page = await phone.newPage()
    await page.goto(await scan(screen))
    await heading(page, 'Connect a TV')
    await page.tap('text=Buy a package for it')
    await page.fill('#phone', phone.typedNumber)
    await page.tap('button.pk:has-text("1 hour")')
    await tv.isOnline(screen)
    assert.ok(!here.site.router.isOnline(phone.macAddress))
    assert.equal(here.site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
    await Promise.all([kill(page), kill(screen)])
    assert.deepEqual([...tv.troubles, ...phone.troubles], [])
  })
})
