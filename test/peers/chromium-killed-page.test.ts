import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { PaymentView } from '../flows/site.ts'
import { noChromium } from './chromium.ts'
import { kill, type Phone, siteWithPhones } from './phones.ts'
import { STATES, type UnsettledState } from './unsettled-states.ts'

describe('a page that is killed while the payment', { skip: noChromium }, () => {
  const here = siteWithPhones()

  /** The tap arrives, and nothing that is answered ever does. */
  async function tapAndDie(phone: Phone): Promise<void> {
    const page = await phone.openSheet()
    await page.fill('#phone', phone.typedNumber)
    const arrived = Promise.withResolvers<void>()
    await page.route('**/pay', (route) =>
      route.fetch({ maxRedirects: 0 }).then(() => arrived.resolve(), arrived.reject),
    )
    await page.tap('button.pk:has-text("1 hour")', { noWaitAfter: true })
    await arrived.promise
    await kill(page)
  }

  /** Where the sheet leads: the page of the same purchase, in this state. */
  async function findAgain(phone: Phone, isIn: UnsettledState['isIn']): Promise<Page> {
    const page = await phone.openSheet()
    assert.match(page.url(), /\/w\//)
    const path = (await page.getAttribute('body', 'data-status')) ?? ''
    const events = await here.site.stream<PaymentView>(path.replace(/(\?|$)/, '/events$1'))
    await events.when(isIn)
    events.close()
    return page
  }

  for (const { what, scenario, isIn, goOn } of STATES) {
    it(`${what}: the server connects the phone without it, and a new one finds the purchase`, {
      timeout: 120_000,
    }, async () => {
      here.site.router.faults.apiDown = scenario === 'success'
      // One is left alone by all its pages, and has none that could send the router's own form; the other waits on.
      const [alone, waiting] = [here.join({ javaScriptEnabled: false }), here.join()]
      for (const phone of [alone, waiting]) {
        here.site.mpesa.scenario(phone.phoneNumber, scenario)
        await tapAndDie(phone)
      }
      await kill(await findAgain(alone, isIn))
      const page = await findAgain(waiting, isIn)
      await goOn(here.site)
      await here.site.router.whenOnline(alone.macAddress)
      const logins = here.site.router.logins.filter(({ macAddress }) => macAddress === alone.macAddress)
      assert.ok(!logins.some(({ by }) => by === 'form'))
      await waiting.isOnline(page)
      await kill(page)
      const later = await alone.openPortal()
      await alone.isOnline(later)
      await kill(later)
      for (const { phoneNumber, troubles } of [alone, waiting]) {
        assert.equal(here.site.mpesa.pushes.filter((push) => push.phoneNumber === phoneNumber).length, 1)
        assert.equal(here.site.mpesa.moneyTaken(phoneNumber).count, 1)
        assert.deepEqual(troubles, [])
      }
    })
  }
})
