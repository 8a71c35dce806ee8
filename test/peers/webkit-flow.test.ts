import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../flows/site.ts'
import { open } from '../http/portal/browser.ts'
import { type Air, openAir } from './air.ts'
import { OWN_ADDRESSES } from './phones.ts'
import { STATES } from './unsettled-states.ts'
import { KEEPS_NOTHING, noWebkit, openWebkit, RUNS_NO_SCRIPTS, type Webkit } from './webkit.ts'

/** What an iPhone opens to find out whether it is online. */
const PROBE = 'http://captive.apple.com/hotspot-detect.html'
const FULL = process.env.MLANGO_TEST_FULL === '1'
const LONG = { timeout: 120_000 }

/** What a page could keep here, if it wanted to. */
const TRY_TO_KEEP = `
  document.cookie = 'kept=1'
  try { localStorage.setItem('kept', '1') } catch (refused) {}
  return document.cookie + ' ' + (window.localStorage && localStorage.getItem('kept')) + ' ' + typeof indexedDB`

for (const { kind, settings } of [
  { kind: '', settings: [] },
  { kind: ' that runs no scripts', settings: RUNS_NO_SCRIPTS },
  { kind: ' in which nothing can be kept', settings: KEEPS_NOTHING },
]) {
  describe(`a phone with WebKit${kind}`, { skip: noWebkit }, () => {
    const runsScripts = settings !== RUNS_NO_SCRIPTS
    const states = settings.length === 0 || FULL ? STATES : STATES.slice(1, 2)
    let site: Site
    let air: Air
    let webkit: Webkit
    before(async () => {
      site = await openSite({ pinDelayMs: 300, environment: OWN_ADDRESSES })
      air = await openAir(site)
      webkit = await openWebkit([`--proxy=http://127.0.0.1:${air.port}`, ...settings])
    })
    after(async () => {
      await webkit?.close()
      await air?.close()
      await site?.close()
    })

    function join() {
      const { macAddress, phoneNumber } = site.join()
      const device = site.router.join(macAddress)
      return { ...device, phoneNumber, typedNumber: `0${phoneNumber.slice(3)}` }
    }
    type Phone = ReturnType<typeof join>

    async function openSheet(phone: Phone): Promise<void> {
      air.become(phone)
      await webkit.open(PROBE)
      assert.equal(new URL(await webkit.url()).origin, site.url)
    }

    async function pay(phone: Phone): Promise<void> {
      await webkit.type('#phone', phone.typedNumber)
      await webkit.press('button.pk')
    }

    async function typeCode(code: string): Promise<void> {
      await webkit.follow('I have a code or already paid')
      await webkit.type('#code', code)
      await webkit.press('form[action="/code"] button')
    }

    async function isOnline({ macAddress }: Phone): Promise<void> {
      await site.router.whenOnline(macAddress)
      await webkit.headline('You are online')
      await webkit.open(PROBE)
      assert.equal(await webkit.run('return document.body.textContent'), 'Success')
    }

    it('is one indeed', LONG, async () => {
      await openSheet(join())
      const kept = settings === KEEPS_NOTHING ? ' null undefined' : 'kept=1 1 object'
      assert.equal(await webkit.run(TRY_TO_KEEP), kept)
      assert.equal(await webkit.run('return typeof EventSource'), 'function')
    })

    it('is captured, pays, waits for M-PESA, and navigates twice by itself', LONG, async () => {
      const phone = join()
      site.mpesa.scenario(phone.phoneNumber, 'late')
      const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1, 30_000)
      await openSheet(phone)
      await webkit.headline('Get online')
      const before = air.asked.length
      await pay(phone)
      await pushed
      await webkit.headline('Check your phone')
      await site.mpesa.releaseLate()
      await webkit.headline('You are online')
      assert.ok(site.router.isOnline(phone.macAddress))
      await webkit.untilAt(/&n=1$/)
      await isOnline(phone)
      const asked = air.asked.slice(before)
      assert.equal(
        asked.some((one) => one.endsWith('/events')),
        runsScripts,
        asked.join(', '),
      )
      assert.equal(site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
    })

    for (const { what, scenario, isIn, goOn } of states) {
      it(`finds its purchase again when the sheet was closed while the payment ${what}`, LONG, async () => {
        const phone = join()
        site.router.faults.apiDown = scenario === 'success'
        site.mpesa.scenario(phone.phoneNumber, scenario)
        await openSheet(phone)
        await pay(phone)
        await webkit.element('[data-events]')
        const page = new URL(await webkit.url()).pathname
        await webkit.open('about:blank')
        const [, , id, token] = page.split('/')
        const paths = { statusUrl: '', eventsUrl: `/api/payments/${id}/events?token=${token}` }
        await site.whenView({ ...phone, ...paths, paymentId: id ?? '', token: token ?? '' }, isIn)
        await openSheet(phone)
        assert.equal(new URL(await webkit.url()).pathname, page)
        await webkit.open('about:blank')
        await goOn(site)
        await site.router.whenOnline(phone.macAddress)
        await webkit.open(site.url + page)
        await isOnline(phone)
        assert.equal(site.mpesa.moneyTaken(phone.phoneNumber).count, 1)
      })
    }

    it('hears why it was not paid, and pays with another tap', LONG, async () => {
      const phone = join()
      site.mpesa.scenario(phone.phoneNumber, 'cancelled')
      await openSheet(phone)
      await pay(phone)
      await webkit.headline('Not paid yet')
      assert.match(await webkit.text('[role=alert]'), /You cancelled the payment. No money was taken/)
      site.mpesa.scenario(phone.phoneNumber, 'success')
      await webkit.press('button[name=package]')
      await isOnline(phone)
    })

    it('types a voucher, and is online', LONG, async () => {
      const phone = join()
      const { body } = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })
      await openSheet(phone)
      await typeCode(String(body.codes[0]))
      await isOnline(phone)
    })

    it('types the code of another device, and takes its access over', LONG, async () => {
      const [first, second] = [join(), join()]
      const purchase = await site.buy(first)
      await site.router.whenOnline(first.macAddress)
      const { access } = await site.view(purchase)
      await openSheet(second)
      await typeCode(access?.username ?? '')
      await webkit.headline('This package is on another device. Move it here?')
      await webkit.press('button[name="move"]')
      await isOnline(second)
      await site.router.whenOffline(first.macAddress)
    })

    it('is a TV, for which a phone pays', LONG, async () => {
      const [tv, payer] = [join(), join()]
      await openSheet(tv)
      await webkit.follow('TV or game console')
      await webkit.follow('This is the TV')
      await webkit.headline('Scan with your phone')
      const helped = await open(`${site.url}/tv/other?tv=${tv.macAddress}`)
      await (await helped.follow('Buy a package for it')).press('Pay KSh 10', { phone: payer.typedNumber })
      await isOnline(tv)
      assert.equal(site.mpesa.moneyTaken(payer.phoneNumber).count, 1)
    })

    it('is told when its access has ended, and what to do', LONG, async () => {
      const phone = join()
      await openSheet(phone)
      await pay(phone)
      await webkit.headline('You are online')
      const paymentId = new URL(await webkit.url()).pathname.split('/')[2]
      const { items } = (await site.call('GET', '/api/grants')).body
      const { id } = items.find(({ source_id }: { source_id: string }) => source_id === paymentId)
      await site.call('DELETE', `/api/grants/${id}`)
      await site.router.whenOffline(phone.macAddress)
      // With scripts the page that stayed open says it; without, the sheet that opens anew.
      if (!runsScripts) await openSheet(phone)
      await webkit.headline('Your time is up')
      assert.match(await webkit.text('button.pk'), /Buy again/)
    })
  })
}
