import assert from 'node:assert/strict'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { contentSecurityPolicy } from '../../portal/content-security-policy.ts'
import { allPages, type SamplePage } from '../portal/all-pages.ts'
import { PHONE, watchTroubles } from './chromium.ts'

export const SMALL_PHONE = { ...PHONE, viewport: { width: 320, height: 568 } }
const HOME = 'http://wifi.test/'

/** Shows every page of a kind, under its policy, and asks about each. */
export async function showPages(
  browser: Browser,
  kind: SamplePage['kind'],
  options: BrowserContextOptions,
  look: (page: Page, sample: SamplePage) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ ...options, javaScriptEnabled: true })
  await context.addInitScript({ content: STAYS })
  const troubles = watchTroubles(context, HOME)
  const samples = allPages().filter((sample) => sample.kind === kind)
  await context.route('**/*', async (route) => {
    const sample = samples[Number(new URL(route.request().url()).pathname.slice(1))]
    // What the script asks for is not what is looked at here: "no content" lets it rest.
    if (!sample) return route.fulfill({ status: 204 })
    const headers = { 'Content-Security-Policy': contentSecurityPolicy({ html: sample.html }) }
    return route.fulfill({ headers, contentType: 'text/html; charset=utf-8', body: sample.html })
  })
  const page = await context.newPage()
  for (const [at, sample] of samples.entries()) {
    await page.goto(HOME + at)
    await look(page, sample)
  }
  await context.close()
  assert.deepEqual(troubles, [])
}

/** A page goes on by itself after a second; a busy machine looks at it for longer. */
const STAYS = `(() => {
  const later = window.setTimeout
  window.setTimeout = (run, ms, ...given) => (ms > 500 ? 0 : later(run, ms, ...given))
  window.setInterval = () => 0
})()`

/** What is too wide, cut off by what it stands in, or too small for a finger. */
export const MISFITS = `(() => {
  const size = (element) => element.getBoundingClientRect()
  const seen = (element) => element.getClientRects().length > 0
  const wide = [...document.querySelectorAll('*')].filter((element) => size(element).right > innerWidth + 0.5)
  // The rings around an emblem spread.
  const boxes = [...document.querySelectorAll('main *')].filter((element) => !element.closest('.em,svg,input'))
  const cut = boxes.filter(
    (element) =>
      seen(element) &&
      (element.scrollWidth > Math.max(element.clientWidth, 1) + 1 && element.clientWidth > 0 ||
        size(element).right > size(element.parentElement).right + 0.5),
  )
  const small = [...document.querySelectorAll('a,button,input')].filter(
    (element) => seen(element) && (size(element).height < 44 || size(element).width < 44),
  )
  const scrolls = document.documentElement.scrollWidth > innerWidth ? ['the page'] : []
  return [...scrolls, ...[...wide, ...cut, ...small].map((element) => element.outerHTML)]
})()`
