import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestPayment } from '../../src/billing/request-payment.ts'
import type { SmsMessage } from '../../src/sms/sms-message.ts'
import { openPurchase, PHONE } from '../billing/purchase.ts'
import { runJob } from '../jobs/run-job.ts'
import { visitConsole } from './console-visit.ts'
import { openDesk } from './desk.ts'

function setup(t: Parameters<typeof openDesk>[0]) {
  const desk = openDesk(t)
  const { rooms, ask } = desk
  const text = async (key: string) =>
    (await ask('admin', 'GET', '/api/settings')).body.sms_texts.find((each: { key: string }) => each.key === key)
  const sent: string[] = []
  const sms = {
    send: async ({ text }: SmsMessage) => {
      sent.push(text)
      return { outcome: 'accepted', providerId: `m${sent.length}` } as const
    },
  }
  /** What the buyer is written after paying. */
  async function buy(language: 'en' | 'sw') {
    const purchase = openPurchase(rooms, { phoneNumber: PHONE, language }).prompted()
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    const grantId = rooms.value('SELECT grant_id FROM grant_parts WHERE source_id = ?', purchase.paymentId)
    await runJob(rooms, 'send-credentials-sms', { grantId }, { sms })
    return sent.at(-1) ?? ''
  }
  return { ...desk, text, buy }
}

test('a text is changed, holds from the next message on, and is taken back', async (t) => {
  const { ask, text, buy, rooms } = setup(t)
  assert.equal((await text('credentials_en')).is_default, true)
  assert.match(await buy('en'), /^Cafe Amani: WiFi user \w{6} password \w{8} until /)
  assert.match(await buy('sw'), /^Cafe Amani: WiFi jina \w{6} nenosiri \w{8} hadi /)
  const change = (value: string | null) =>
    ask('admin', 'PATCH', '/api/settings', { sms_texts: { credentials_en: value } })
  const { status, body } = await change('Hi! {user} / {password} at {site}')
  assert.deepEqual([status, body.restart_needed], [200, false])
  assert.deepEqual(await text('credentials_en'), {
    ...{ key: 'credentials_en', text: 'Hi! {user} / {password} at {site}', is_default: false, segments: 1 },
    placeholders: [
      { name: 'user', needed: true },
      { name: 'password', needed: true },
      { name: 'until', needed: false },
      { name: 'site', needed: false },
    ],
  })
  assert.match(await buy('en'), /^Hi! \w{6} \/ \w{8} at Cafe Amani$/)
  await change(null)
  assert.match(await buy('en'), /^Cafe Amani: WiFi user /)
  assert.match(String(rooms.value('SELECT subject FROM audit ORDER BY id DESC')), /sms_texts\.credentials_en/)
})

test('a text that cannot be sent is refused with the reason, and changes nothing', async (t) => {
  const { ask, everything } = setup(t)
  const before = everything()
  for (const [wrong, message] of [
    [{ code_en: 'no code' }, /\{code\} is missing/],
    [{ code_en: '{code} {nonsense}' }, /\{nonsense\} is not known here/],
    [{ code_en: '' }, /./],
    [{ greeting_en: 'hello' }, /is not known here/],
  ] as const) {
    const { status, body } = await ask('admin', 'PATCH', '/api/settings', { sms_texts: wrong })
    assert.deepEqual([status, body.code], [422, 'invalid-input'])
    assert.match(body.errors[0].message, message)
    assert.match(body.errors[0].field, /^sms_texts\./)
  }
  assert.deepEqual(everything(), before)
})

test('the console shows each text with its length, says what is wrong with a new one, and goes back to ours', async (t) => {
  const desk = setup(t)
  const { page, post } = await visitConsole(desk)
  assert.match(await page('/console/texts'), /A voucher for somebody else, Kiswahili[\s\S]*one short message/)
  const wrong = await post('/console/texts/voucher_sw', { text: 'Karibu' })
  assert.equal(wrong.status, 422)
  assert.match(await wrong.text(), /value="Karibu"[\s\S]*\{code\} is missing/)
  assert.equal((await post('/console/texts/voucher_sw', { text: 'Msimbo {code}' })).status, 303)
  assert.equal((await desk.text('voucher_sw')).text, 'Msimbo {code}')
  assert.match(await page('/console/texts'), /your own words/)
  assert.equal((await post('/console/texts/voucher_sw', { text: 'x', ours: '1' })).status, 303)
  assert.equal((await desk.text('voucher_sw')).is_default, true)
  assert.equal((await post('/console/texts/nothing_sw', { text: 'x' })).status, 404)
})

test('the language of the portal page that sold it is remembered for the phone', async (t) => {
  const { ask, rooms } = setup(t)
  const packageId = rooms.addPackage()
  await ask(null, 'POST', '/pay', `phone=${PHONE}&package=${packageId}&l=sw`, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  assert.deepEqual(rooms.rows('SELECT * FROM phone_languages'), [{ phone_number: PHONE, language: 'sw' }])
  const asked = { phoneNumber: PHONE, packageId, macAddress: null, routerId: null, clientKey: null, timeZone: 'UTC' }
  rooms.run(requestPayment, asked)
  assert.equal(rooms.value('SELECT language FROM phone_languages'), 'sw')
})
