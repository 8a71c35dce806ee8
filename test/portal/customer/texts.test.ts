import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { errorText, texts } from '../../../portal/customer/texts.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const read = (...patterns: string[]) =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }).map((file) => readFileSync(ROOT + file, 'utf8')))
    .join()

const keys = Object.keys(texts.en)
const placeholders = (text = '') => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
const entry = (language: 'en' | 'sw', key: string) => (texts[language] as Record<string, string>)[key] ?? ''

describe('the texts', () => {
  it('say the same things in English and Swahili', () => {
    assert.deepEqual(Object.keys(texts.sw), keys)
    for (const key of keys) {
      assert.deepEqual(placeholders(entry('sw', key)), placeholders(entry('en', key)), key)
      assert.match(entry('sw', key), /\S/, key)
      if (!key.startsWith('title')) assert.notEqual(entry('sw', key), entry('en', key), key)
    }
  })

  it('have no text that no page shows', () => {
    const pages = read('portal/**/*.{ts,tsx}').replace(/export const (en|sw) = \{[\s\S]*?\} as const/g, '')
    const server = read('src/mpesa/result-codes.ts', 'src/http/portal/*.ts*', 'src/http/codes.ts')
    for (const key of keys) {
      const code = key.replace(/^error\./, '')
      const isUsed = pages.includes(`'${key}'`) || pages.includes(`'${code}'`)
      const isGivenOut = key.startsWith('error.') && server.includes(`'${code.replace(/^code-/, '')}'`)
      assert.ok(isUsed || isGivenOut, key)
    }
  })

  it('have a sentence for every failure that M-PESA names', () => {
    const union = /export type FailureCode =([\s\S]*?)\n\n/.exec(read('src/mpesa/result-codes.ts'))?.[1] ?? ''
    const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code)
    assert.ok(codes.length > 8)
    for (const code of codes) assert.ok(keys.includes(`error.${code}`), code)
  })

  it('claim that no money was taken only where that is certain, in both languages', () => {
    const certain = (language: 'en' | 'sw', words: string) => keys.filter((key) => entry(language, key).includes(words))
    const claims = certain('en', 'No money was taken')
    assert.deepEqual(certain('sw', 'Hakuna pesa iliyokatwa'), claims)
    for (const key of ['error.declined', 'error.unknown', 'error.trouble', 'trouble'])
      assert.ok(!claims.includes(key), key)
    assert.ok(claims.includes('error.cancelled'))
  })

  it('claim nothing about money for a failure they do not know', () => {
    assert.equal(errorText('en', 'toString', {}, 'declined'), texts.en['error.declined'])
    assert.equal(errorText('sw', 'unheard-of'), texts.sw['error.trouble'])
  })

  it('leave no brace on the page', () => {
    for (const key of keys.filter((key) => key.startsWith('error.'))) {
      assert.doesNotMatch(errorText('en', key.slice(6)), /[{}]/, key)
    }
    assert.equal(
      errorText('en', 'already-pending', { mask: '0712 ••• 678' }),
      'A request is already on its way to 0712 ••• 678. Check that phone.',
    )
  })
})
