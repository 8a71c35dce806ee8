import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../../src/config.ts'
import { openBrand } from '../../../src/http/portal/open-brand.ts'

test('a logo is read into the pages, and one that would weigh them down is refused in a sentence', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-brand-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const brandOf = (logo: string) => openBrand(loadConfig(undefined, { MLANGO_SITE_LOGO: join(dir, logo) }).site)
  writeFileSync(join(dir, 'logo.svg'), '<svg/>')
  writeFileSync(join(dir, 'large.png'), Buffer.alloc(4097))
  writeFileSync(join(dir, 'logo.html'), '<script>')
  assert.equal(brandOf('logo.svg').logo, 'data:image/svg+xml;base64,PHN2Zy8+')
  assert.throws(() => brandOf('large.png'), { message: /\[site\] logo names .*large.png, which has 4097 bytes/ })
  assert.throws(() => brandOf('logo.html'), { message: /which is none of \.svg, \.png/ })
  assert.throws(() => brandOf('missing.svg'), { message: /which cannot be read/ })
})

test('a colour that is none is refused', () => {
  assert.throws(
    () => loadConfig(undefined, { MLANGO_SITE_COLOR: 'red;}body{display:none' }),
    /a colour such as #0b6a48/,
  )
})
