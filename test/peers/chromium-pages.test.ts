import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { noChromium, openChromium, picture } from './chromium.ts'
import { MISFITS, SMALL_PHONE, showPages } from './sample-show.ts'

/** Pictures of all pages, for whoever works on them; they take longer than the rest. */
const WITH_PICTURES = process.env.MLANGO_TEST_PICTURES === '1' || process.env.MLANGO_TEST_FULL === '1'

describe('every page in Chromium', { skip: noChromium }, () => {
  let browser: Browser
  before(async () => {
    browser = await openChromium()
  })
  after(() => browser.close())

  /** One look at every page answers all these questions. */
  const misfits: unknown[] = []
  const barriers: unknown[] = []
  const pale: Record<'light' | 'dark', unknown[]> = { light: [], dark: [] }
  before(async () => {
    for (const kind of ['customer', 'console'] as const) {
      const options = kind === 'customer' ? SMALL_PHONE : { viewport: { width: 1280, height: 800 } }
      await showPages(browser, kind, options, async (page, { name }) => {
        if (kind === 'customer') {
          misfits.push(...((await page.evaluate(MISFITS)) as string[]).map((misfit) => [name, misfit]))
        }
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          barriers.push(...(await barriersOf(page)).map((barrier) => [name, colorScheme, barrier]))
          pale[colorScheme].push(...((await page.evaluate(PALE_TEXTS)) as string[]).map((text) => [name, text]))
          if (WITH_PICTURES) await picture(page, `${kind}-${name.replace(/\W+/g, '-')}${colorScheme}`)
        }
      })
    }
  })

  it('fits a phone of 320 px with large targets and nothing cut off', () => assert.deepEqual(misfits, []))
  it('has nothing that stands in the way of somebody who reads, hears or types otherwise', () =>
    assert.deepEqual(barriers, []))
  it('can be read in light mode, by the colours that really meet', () => assert.deepEqual(pale.light, []))
  it('can be read in dark mode, by the colours that really meet', () => assert.deepEqual(pale.dark, []))

  it('cuts no table of the console on a laptop', async () => {
    const cut: unknown[] = []
    await showPages(browser, 'console', { viewport: { width: 1280, height: 800 } }, async (page, { name }) => {
      cut.push(...((await page.evaluate(CUT_TABLES)) as string[]).map((table) => [name, table]))
    })
    assert.deepEqual(cut, [])
  })

  it('lets the console scroll its tables, not itself', async () => {
    await showPages(browser, 'console', { viewport: { width: 640, height: 800 } }, async (page, { name }) => {
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 640, name)
    })
  })

  it('prints vouchers three to a row, 21 on a sheet of A4, none cut in two', async () => {
    await showPages(browser, 'console', {}, async (page, { name }) => {
      if (!name.startsWith('vouchers')) return
      await page.emulateMedia({ media: 'print' })
      await page.setViewportSize({ width: 733, height: 1060 })
      const columns = await page.evaluate(
        `new Set([...document.querySelectorAll('.sheet li')].map((e) => e.getBoundingClientRect().left)).size`,
      )
      assert.equal(columns, 3)
      const pages = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g)
      assert.equal(pages?.length, 2)
    })
  })
})

/** The headings of tables that do not fit where they stand. */
const CUT_TABLES = `[...document.querySelectorAll('.scroll')]
  .filter((table) => table.scrollWidth > table.clientWidth)
  .map((table) => table.parentElement.textContent.slice(0, 20))`

/** Only colours differ in the dark. */
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds: the rule and the element that breaks it. */
async function barriersOf(page: Page): Promise<string[]> {
  // As an expression of the debugger, which the page's policy does not bind.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source)
  return page.evaluate(`axe.run({ runOnly: ${JSON.stringify(AXE_RULES)} }).then(({ violations, passes }) =>
    passes.length === 0
      ? ['axe looked at nothing']
      : violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`)
}

/** Texts with less contrast than WCAG AA asks for against the nearest background behind them. */
const PALE_TEXTS = `(() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number)
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((part) => {
      const one = part / 255
      return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor
      if (parts(colour)[3] !== 0) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const pale = []
  let seen = 0
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || element.getClientRects().length === 0) continue
    seen += 1
    const [dark, bright] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => a - b)
    const ratio = (bright + 0.05) / (dark + 0.05)
    if (ratio < 4.5) pale.push(walker.currentNode.data + ' ' + ratio.toFixed(2))
  }
  return seen > 3 ? pale : ['no text was looked at']
})()`
