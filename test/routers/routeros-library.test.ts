import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { requireKnownVersion } from '../../src/routers/routeros-library.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

test('another version of node-routeros is refused, with what to do', () => {
  requireKnownVersion('1.6.9')
  assert.throws(() => requireKnownVersion('1.6.10'), { code: 'routeros-library-unknown', message: /Install exactly/ })
})

test('one file of the product imports node-routeros, and no other', () => {
  const sources = globSync(['src/**/*.ts', 'src/**/*.tsx', 'jobs/**/*.ts', 'portal/**/*.{ts,tsx}'], { cwd: ROOT })
  const importers = sources.filter((file) =>
    /from 'node-routeros'|\('node-routeros'\)/.test(readFileSync(`${ROOT}${file}`, 'utf8')),
  )
  assert.deepEqual(importers, ['src/routers/routeros-library.ts'])
})
