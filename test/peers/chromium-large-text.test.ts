import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noChromium, openChromium } from './chromium.ts'
import { MISFITS, SMALL_PHONE, showPages } from './sample-show.ts'

const skip = process.env.MLANGO_TEST_FULL === '1' ? noChromium : 'Every page once more: --full'

test('every customer page fits a phone of 320 px whose owner reads text of twice the size', { skip }, async (t) => {
  const browser = await openChromium({ textPx: 32 })
  t.after(() => browser.close())
  const misfits: unknown[] = []
  await showPages(browser, 'customer', SMALL_PHONE, async (page, { name }) => {
    const textSize = await page.evaluate('getComputedStyle(document.querySelector("main")).fontSize')
    assert.equal(textSize, '32px', `${name} does not follow the size that the reader has chosen`)
    misfits.push(...((await page.evaluate(MISFITS)) as string[]).map((misfit) => [name, misfit]))
  })
  assert.deepEqual(misfits, [])
})
