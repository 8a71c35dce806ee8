import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { noChromium, picture } from './chromium.ts'
import { heading, kill, type Phone, siteWithPhones } from './phones.ts'

describe('a second device with a browser', { skip: noChromium }, () => {
  const here = siteWithPhones()

  async function typeCode(phone: Phone, code: string, greeting = 'Get online'): Promise<Page> {
    const page = await phone.openSheet()
    await heading(page, greeting)
    await page.tap('text=I have a code')
    await page.fill('#code', code)
    await page.tap('button[type=submit]')
    return page
  }

  /** The first device has paid, and its page shows the code. */
  async function payAndReadCode(phone: Phone): Promise<{ page: Page; code: string }> {
    const page = await phone.openSheet()
    await page.fill('#phone', phone.typedNumber)
    await page.tap('button.pk:has-text("1 hour")')
    await phone.isOnline(page)
    return { page, code: (await page.textContent('.box .code')) ?? '' }
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`takes over by the code of the first, ${javaScriptEnabled ? 'with' : 'without'} scripts, and gives it back`, {
      timeout: 120_000,
    }, async () => {
      const [first, second] = [here.join({ javaScriptEnabled }), here.join({ javaScriptEnabled })]
      const { page, code } = await payAndReadCode(first)
      await kill(page)

      const moved = await typeCode(second, ` ${code.toLowerCase()} `)
      await heading(moved, 'This package is on another device. Move it here?')
      assert.ok(here.site.router.isOnline(first.macAddress))
      await picture(moved, `move-${javaScriptEnabled ? 'js' : 'nojs'}`)
      await moved.tap('button:has-text("Move it here")')
      await second.isOnline(moved)
      await here.site.router.whenOffline(first.macAddress)
      await kill(moved)

      const back = await typeCode(first, code, 'Welcome back')
      await back.tap('button:has-text("Move it here")')
      await first.isOnline(back)
      await here.site.router.whenOffline(second.macAddress)
      await kill(back)
      assert.equal(here.site.mpesa.moneyTaken(first.phoneNumber).count, 1)
      assert.deepEqual([...first.troubles, ...second.troubles], [])
    })
  }

  it('moves a voucher by typing it again, and is not let in by one that is no voucher', {
    timeout: 120_000,
  }, async () => {
    const [first, second] = [here.join(), here.join({ javaScriptEnabled: false })]
    const { body } = await here.site.call('POST', '/api/vouchers', { package_id: here.site.packageId, count: 1 })
    const code = String(body.codes[0])
    const page = await typeCode(first, code)
    await first.isOnline(page)
    await kill(page)

    const wrong = await typeCode(
      second,
      code.replace(/.$/, (last) => (last === '1' ? '2' : '1')),
    )
    assert.match((await wrong.textContent('[role=alert]')) ?? '', /That code is not right/)
    assert.ok(!here.site.router.isOnline(second.macAddress))
    await wrong.fill('#code', code)
    await wrong.tap('button[type=submit]')
    await wrong.tap('button:has-text("Move it here")')
    await second.isOnline(wrong)
    await here.site.router.whenOffline(first.macAddress)
    await kill(wrong)
    assert.deepEqual([...first.troubles, ...second.troubles], [])
  })
})
