import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openSite, type Site } from '../flows/site.ts'
import { openChromium, PHONE, watchTroubles } from './chromium.ts'

const ANDROID_PROBE = 'http://connectivitycheck.gstatic.com/generate_204'
const APPLE_PROBE = 'http://captive.apple.com/hotspot-detect.html'
const WAIT = { timeout: 45_000 }

/** For the daemon: it believes this machine about the addresses of its phones. */
export const OWN_ADDRESSES = { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' }

/** The page says so, whichever page it is by then; when it does not, what it says instead. */
export async function heading(page: Page, text: string): Promise<void> {
  try {
    await page.waitForSelector(`h1:visible:text-is("${text}")`, WAIT)
  } catch (cause) {
    throw new Error(`${page.url()} does not say "${text}" but: ${await page.textContent('main')}`, { cause })
  }
}

/** For a `describe`: a site, and a browser whose devices its router captures. What it gives is there from the first test on. */
export function siteWithPhones() {
  let site: Site
  let browser: Browser
  let join: ReturnType<typeof openPhones>
  before(async () => {
    site = await openSite({ environment: OWN_ADDRESSES })
    browser = await openChromium({ everyHost: `127.0.0.1:${site.router.httpPort}` })
    join = openPhones(site, browser)
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })
  return {
    get site() {
      return site
    },
    get browser() {
      return browser
    },
    join: (options?: BrowserContextOptions): Phone => join(options),
  }
}

/** Devices with a browser behind a router that does not masquerade: each comes with an address of its own. */
function openPhones(site: Site, browser: Browser) {
  return function join({ javaScriptEnabled = true, ...options }: BrowserContextOptions = {}) {
    const { macAddress, phoneNumber } = site.join()
    const { ipAddress } = site.router.join(macAddress)
    const troubles: string[] = []

    /** A browser that knows nothing of any before. */
    async function newPage(): Promise<Page> {
      const extraHTTPHeaders = { 'X-Forwarded-For': ipAddress }
      const context = await browser.newContext({ ...PHONE, ...options, javaScriptEnabled, extraHTTPHeaders })
      watchTroubles(context, 'http://', troubles)
      return context.newPage()
    }

    return {
      macAddress,
      phoneNumber,
      /** As its owner types it. */
      typedNumber: `0${phoneNumber.slice(3)}`,
      troubles,
      newPage,
      /** As its captive portal sheet does. */
      async openSheet(): Promise<Page> {
        const page = await newPage()
        await page.goto(`${ANDROID_PROBE}?mac=${macAddress}`)
        assert.equal(new URL(page.url()).origin, site.url)
        return page
      },
      /** Its owner types the portal's address. */
      async openPortal(): Promise<Page> {
        const page = await newPage()
        await page.goto(site.url)
        return page
      },
      async isOnline(page: Page): Promise<void> {
        await site.router.whenOnline(macAddress)
        // It would do so by itself within seconds, as chromium-flow.test.ts shows; then that comes between.
        if (!javaScriptEnabled) await page.reload().catch(() => {})
        await heading(page, 'You are online')
        const sheet = await page.context().newPage()
        await sheet.goto(`${APPLE_PROBE}?mac=${macAddress}`)
        assert.equal(await sheet.textContent('body'), 'Success')
        await sheet.close()
      },
    }
  }
}

export type Phone = ReturnType<ReturnType<typeof openPhones>>

/** As the sheet goes: with all that it remembered. */
export const kill = (page: Page): Promise<void> => page.context().close()
