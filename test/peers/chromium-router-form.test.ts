import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { openSite, type Site } from '../flows/site.ts'
import { noChromium, openChromium, PHONE, picture, watchTroubles } from './chromium.ts'

const WAIT = { timeout: 45_000 }

describe('a phone with a browser, while the router’s API is down', { skip: noChromium }, () => {
  let site: Site
  let browser: Browser
  before(async () => {
    site = await openSite()
    site.router.faults.apiDown = true
    browser = await openChromium({ everyHost: `127.0.0.1:${site.router.httpPort}` })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  for (const javaScriptEnabled of [true, false]) {
    it(`pays and gets in by the router’s own form, ${javaScriptEnabled ? 'by itself' : 'without scripts by one tap'}`, {
      timeout: 120_000,
    }, async () => {
      const macAddress = `02:00:00:00:03:0${Number(javaScriptEnabled)}`
      site.router.join(macAddress, '127.0.0.1')
      const context = await browser.newContext({ ...PHONE, javaScriptEnabled })
      const troubles = watchTroubles(context, 'http://')
      const page = await context.newPage()
      await page.goto('http://connectivitycheck.gstatic.com/generate_204')
      await page.fill('#phone', `070000050${Number(javaScriptEnabled)}`)
      await page.tap('button.pk:has-text("1 hour")')
      if (!javaScriptEnabled) {
        await page.waitForSelector('button:visible:has-text("Connect this device")', WAIT)
        await picture(page, 'flow-nojs-7-router-form')
        await page.tap('button:has-text("Connect this device")')
      }
      await page.waitForSelector('h1:visible:text-is("You are online")', WAIT)
      assert.equal(new URL(page.url()).origin, site.url)
      const logins = site.router.logins.filter((login) => login.macAddress === macAddress)
      assert.deepEqual(
        logins.map(({ by, outcome }) => [by, outcome]),
        [['form', 'online']],
      )
      // In a page of its own: the other one may be on its second navigation.
      const sheet = await context.newPage()
      await sheet.goto('http://captive.apple.com/hotspot-detect.html')
      assert.equal(await sheet.textContent('body'), 'Success')
      await context.close()
      assert.deepEqual(troubles, [])
    })
  }
})
