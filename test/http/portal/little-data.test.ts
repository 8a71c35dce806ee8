import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { viewOf } from '../../../portal/customer/island.ts'
import { openSite, type Site } from '../../flows/site.ts'
import { open } from './browser.ts'

const LIMIT_BYTES = 10_000_000

describe('a package with so much data', () => {
  let site: Site
  before(async () => {
    site = await openSite({ dataLimitBytes: LIMIT_BYTES })
  })
  after(() => site.close())

  it('tells an open page when little is left, in time to buy more', async () => {
    const { macAddress } = site.join()
    const bought = await (await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)).press(
      'Pay KSh 10',
      {
        phone: '0700000901',
      },
    )
    await site.router.whenOnline(macAddress)
    const events = await site.events()
    await events.when(({ type }) => type === 'session.started')
    const [, , , , paymentId, token] = bought.url.split(/[/?]/)
    const status = async () =>
      (await site.call('GET', `/api/payments/${paymentId}?token=${token}`, undefined, null)).body
    const page = async () => {
      const { html, text } = await open(`${bought.url}&n=1`)
      return { text, view: /data-view="([^"]*)"/.exec(html)?.[1] }
    }

    const much = await page()
    assert.doesNotMatch(much.text, /almost used up/)
    assert.equal(much.view, viewOf(await status()))

    site.router.traffic(macAddress, { inputBytes: 0, outputBytes: LIMIT_BYTES * 0.85 })
    await site.router.sendInterim(macAddress)
    const told = await status()
    assert.equal(told.access.data_low, true)
    assert.notEqual(viewOf(told), much.view, 'the open page goes for the new one')
    const little = await page()
    assert.match(little.text, /Your data is almost used up/)
    assert.equal(little.view, viewOf(told), 'which then stays')
    events.close()
  })

  it('tells it on the page of a code, too, and the page and its status see the same', async () => {
    const { macAddress } = site.join()
    const { body } = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })
    const typed = await (await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`))
      .follow('I have a code')
      .then((page) => page.press('Connect', { code: String(body.codes[0]) }))
    await site.router.whenOnline(macAddress)
    await site.router.sendInterim(macAddress)
    const look = async () => {
      const { html, text } = await open(`${typed.url}&n=1`)
      const statusUrl = (/data-status="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&')
      const told = (await site.call('GET', statusUrl, undefined, null)).body
      assert.equal(/data-view="([^"]*)"/.exec(html)?.[1], viewOf(told))
      return text
    }
    assert.doesNotMatch(await look(), /almost used up/)
    site.router.traffic(macAddress, { inputBytes: 0, outputBytes: LIMIT_BYTES * 0.85 })
    await site.router.sendInterim(macAddress)
    assert.match(await look(), /Your data is almost used up/)
  })
})
