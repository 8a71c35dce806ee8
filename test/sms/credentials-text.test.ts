import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Credentials, credentialsText as write } from '../../src/sms/credentials-text.ts'
import { gsm7Length } from '../../src/sms/gsm-7.ts'
import type { Writing } from '../../src/sms/write-text.ts'

const usual: Writing & Credentials = {
  language: 'en',
  texts: {},
  siteName: 'Kilimani Cafe',
  username: 'K7Q2ZM',
  password: 'h4x9d2rt',
  expiresAtMs: Date.UTC(2026, 10, 24, 11, 5),
  timeZone: 'Africa/Nairobi',
}

const credentialsText = (message: Writing & Credentials) => write(message, message)

test('the message holds the credentials and when they end, in the time of the site', () => {
  assert.equal(credentialsText(usual), 'Kilimani Cafe: WiFi user K7Q2ZM password h4x9d2rt until Tue 24 Nov 14:05')
  assert.match(credentialsText({ ...usual, timeZone: 'UTC' }), /until Tue 24 Nov 11:05$/)
  assert.match(credentialsText({ ...usual, expiresAtMs: Date.UTC(2026, 10, 23, 21, 0) }), /until Tue 24 Nov 00:00$/)
})

test('a code that is its own password is said once', () => {
  assert.equal(
    credentialsText({ ...usual, username: 'ABCD1234', password: 'ABCD1234' }),
    'Kilimani Cafe: WiFi code ABCD1234 until Tue 24 Nov 14:05',
  )
})

const names = [
  '',
  '   ',
  'x'.repeat(500),
  'Café “Amani” – Nyüki’s',
  '咖啡馆',
  '☕ Cafe ☕',
  'مقهى',
  '[~{}~]€^|\\'.repeat(30),
  'line\nbreak\tand\u0000nul',
  '\u{1F600}'.repeat(100),
  'é'.repeat(400),
  'e\u0301'.repeat(200),
]
for (const siteName of names) {
  test(`the site's name ${JSON.stringify(siteName).slice(0, 40)} leaves the message in one segment`, () => {
    const text = credentialsText({ ...usual, siteName })
    const length = gsm7Length(text)
    assert.ok(length !== undefined && length <= 160, `${length}: ${text}`)
    assert.match(text, /WiFi user K7Q2ZM password h4x9d2rt until Tue 24 Nov 14:05$/)
    assert.doesNotMatch(text, /\n|^:|^ /)
  })
}

test('a name is bent as little as need be', () => {
  const text = credentialsText({ ...usual, siteName: 'Café “Amani” – Ŵendo’s ☕' })
  assert.match(text, /^Café "Amani" - Wendo's: WiFi/)
})

test('long or foreign credentials are sent whole or not at all', () => {
  const fits = (text: string) => (gsm7Length(text) ?? Number.POSITIVE_INFINITY) <= 160 || text.length <= 70
  for (const length of [1, 20, 40, 58, 60, 64, 75, 80, 200]) {
    for (const letter of ['x', '€', 'ж']) {
      const [username, password] = [letter.repeat(length), `${letter.repeat(length)}2`]
      const text = credentialsText({ ...usual, username, password })
      assert.ok(fits(text), text)
      assert.ok(text.includes(`${username} `) ? text.includes(password) : text.includes('on the WiFi page'), text)
    }
  }
})
