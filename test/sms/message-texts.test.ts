import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsText } from '../../src/sms/credentials-text.ts'
import { gsm7Length } from '../../src/sms/gsm-7.ts'
import { faultOfText, ourText, segmentsOfText, TEXT_KEYS } from '../../src/sms/message-texts.ts'
import { noticeText } from '../../src/sms/notice-text.ts'
import { voucherText } from '../../src/sms/voucher-text.ts'
import { type Writing, writeText } from '../../src/sms/write-text.ts'

const writing: Writing = { siteName: 'Kilimani Cafe', timeZone: 'Africa/Nairobi', language: 'sw', texts: {} }
const endsAtMs = Date.UTC(2026, 10, 24, 11, 5)

test('our own texts are in order, one short message each, in both languages', () => {
  for (const key of TEXT_KEYS) {
    assert.equal(faultOfText(key, ourText(key)), undefined, key)
    assert.equal(segmentsOfText(key, ourText(key)), 1, key)
  }
})

test('a text is refused for what nobody can fill in, what must be in it, what a short message cannot say, and its length', () => {
  assert.match(faultOfText('code_en', 'Code {code} for {minutes}') ?? '', /^\{minutes\} is not known here; .*\{code\}/)
  assert.equal(faultOfText('code_en', 'Welcome to {site}'), '{code} is missing')
  assert.equal(faultOfText('credentials_sw', 'Jina {user}'), '{password} is missing')
  assert.match(faultOfText('code_en', '{code} ☕') ?? '', /^☕ is not in the alphabet/)
  assert.match(faultOfText('code_en', `{code} ${'x'.repeat(460)}`) ?? '', /longer than 3/)
  assert.equal(faultOfText('code_en', `{code} ${'x'.repeat(400)}`), undefined)
  assert.equal(segmentsOfText('code_en', `{code} ${'x'.repeat(149)}`), 1)
  assert.equal(segmentsOfText('code_en', `{code} ${'x'.repeat(150)}`), 2)
})

test('a phone is written to in its language', () => {
  assert.equal(
    voucherText(writing, { code: '4821093755', packageName: 'Saa 1' }),
    'Kilimani Cafe: Umepewa WiFi: Saa 1. Andika msimbo 4821093755 kwenye ukurasa wa WiFi.',
  )
  const notice = { kind: 'due', endsAtMs, priceCents: 150_000, currency: 'KES', accountNumber: '10023' } as const
  const text = noticeText(writing, notice)
  assert.match(
    text,
    /^Kilimani Cafe: Internet yako imelipwa hadi \S+ 24 Nov 14:05\. Ili .* KES 1500 kwa akaunti 10023\.$/,
  )
  assert.ok((gsm7Length(text) ?? 999) <= 160)
  assert.match(noticeText({ ...writing, language: 'en' }, notice), /is paid until Tue 24 Nov 14:05\./)
})

const LONG = 'x'.repeat(30)
const longNotice = {
  ...{
    endsAtMs: Date.UTC(2026, 10, 28, 11, 5),
    priceCents: 99_999_999,
    currency: 'KES',
    accountNumber: '100234567890',
  },
}

test('our own texts fit one short message with the longest values, too', () => {
  for (const language of ['en', 'sw'] as const) {
    for (const text of [
      voucherText({ ...writing, language }, { code: '4821093755', packageName: LONG }),
      noticeText({ ...writing, language }, { ...longNotice, kind: 'due' }),
      noticeText({ ...writing, language }, { ...longNotice, kind: 'grace' }),
    ])
      assert.ok((gsm7Length(text) ?? 999) <= 160, text)
  }
})

test('an own text that turns out too long is not sent empty: ours takes its place', () => {
  const own = (key: string, more: string, places: number) => ({ [key]: `${more} `.padEnd(places, '.') })
  const texts = { ...own('voucher_sw', '{code} {package}', 450), ...own('due_sw', '{account} {until} {price}', 450) }
  const voucher = voucherText({ ...writing, texts }, { code: '4821093755', packageName: LONG })
  assert.equal(voucher, voucherText(writing, { code: '4821093755', packageName: LONG }))
  assert.match(voucher, /Andika msimbo 4821093755/)
  const notice = noticeText({ ...writing, texts }, { ...longNotice, kind: 'due' })
  assert.equal(notice, noticeText(writing, { ...longNotice, kind: 'due' }))
  assert.match(notice, /akaunti 100234567890/)
})

test('where a message may have one part only, an own text that needs more gives way to ours', () => {
  const texts = { code_sw: `{code} ${'x'.repeat(150)}`, voucher_sw: `{code} ${'x'.repeat(150)}` }
  const credentials = { username: '4821093755', password: '4821093755', expiresAtMs: endsAtMs }
  assert.match(credentialsText({ ...writing, texts }, credentials), /^4821093755 x/)
  const short: Writing = { ...writing, texts, mostSegments: 1 }
  assert.equal(credentialsText(short, credentials), credentialsText(writing, credentials))
  const voucher = { code: '4821093755', packageName: 'Saa 1' }
  assert.equal(voucherText(short, voucher), voucherText(writing, voucher))
})

test('a text is measured with long values, so that it is refused before it cannot be sent', () => {
  assert.match(faultOfText('voucher_en', `{code} {package} ${'x'.repeat(425)}`) ?? '', /longer than 3/)
  assert.match(faultOfText('due_sw', `{account} {price} {until} ${'x'.repeat(412)}`) ?? '', /longer than 3/)
})

test('the operator’s own words are filled in, with as much of the site’s name as there is room for', () => {
  const own = (text: string, siteName = 'Amani') =>
    writeText({ ...writing, siteName, texts: { code_sw: text } }, 'code', { code: '{site}$&', until: 'kesho' })
  assert.equal(own('Karibu {site}! {code} / {until}'), 'Karibu Amani! {site}$& / kesho')
  assert.equal(own('{code} {code}'), '{site}$& {site}$&')
  assert.equal(own('{site}: {code}', '  '), '{site}$&')
  for (const text of [`{site} {code} ${'x'.repeat(120)}`, `{site} {site} {code} ${'x'.repeat(200)}`]) {
    const length = gsm7Length(own(text, 'y'.repeat(500)) ?? '') ?? 999
    assert.ok(length <= (text.length > 180 ? 306 : 160) && length > 150, String(length))
  }
})
