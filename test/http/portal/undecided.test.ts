import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { grantOf } from '../../../src/access/grant-table.ts'
import { recordAccounting } from '../../../src/access/sessions.ts'
import { deliverPayment } from '../../../src/billing/deliver.ts'
import { missDeadline } from '../../../src/billing/payment-deadlines.ts'
import { wasPaidLate } from '../../../src/billing/undecided-payment.ts'
import { openPurchase } from '../../billing/purchase.ts'
import { openDesk } from '../desk.ts'

const MAC = '02:00:00:00:00:01'
const PHONE = '254712345678'
const MINUTE = 60_000
const KEEP_CALM = /We have not heard from M-PESA.*do not pay again/
const readable = (html: string) => html.replace(/<[^>]*>/g, '')

/** A phone that was prompted three minutes ago, and of which M-PESA says nothing. */
function setup(t: TestContext) {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage()
  const buying = { packageId, phoneNumber: PHONE, macAddress: MAC, clientKey: `key-12345.${packageId}.${PHONE}` }
  const purchase = openPurchase(rooms, buying).prompted()
  rooms.clock.step(2 * MINUTE)
  rooms.run(missDeadline, { paymentId: purchase.paymentId })
  rooms.clock.step(MINUTE)
  const pay = (fields: object = {}) =>
    ask(
      null,
      'POST',
      '/pay',
      String(new URLSearchParams({ l: 'en', mac: MAC, phone: PHONE, package: String(packageId), ...fields })),
      {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
    )
  const home = async (macAddress = MAC, language = 'en') =>
    readable((await ask(null, 'GET', `/?mac=${macAddress}&l=${language}`)).text)
  const page = async () => readable((await ask(null, 'GET', `/w/${purchase.paymentId}/${purchase.token}`)).text)
  return { rooms, packageId, purchase, pay, home, page, asked: () => rooms.facts('payment.requested').length }
}

test('who waits for M-PESA is not asked for money once more by a tap that was to ask again', async (t) => {
  const { pay, asked } = setup(t)
  const held = await pay()
  assert.equal(held.status, 409)
  assert.match(readable(held.text), KEEP_CALM)
  assert.equal(asked(), 1)
  assert.equal((await pay({ l: 'sw' })).text.includes('Tafadhali usilipe tena'), true)
})

test('nor from another device, nor by another phone on the same device', async (t) => {
  const { pay, asked } = setup(t)
  assert.match(readable((await pay({ mac: '02:00:00:00:00:02' })).text), KEEP_CALM)
  assert.match(readable((await pay({ phone: '0722000000' })).text), KEEP_CALM)
  assert.equal((await pay({ phone: '0722000000', mac: '02:00:00:00:00:02' })).status, 303)
  assert.equal(asked(), 2)
})

test('who pays all the same says so, and the earlier one is not held against the next', async (t) => {
  const { rooms, packageId, pay, home } = setup(t)
  const { text } = await pay()
  const form = /<form method="post" action="\/pay">(.*?)<\/form>/s.exec(text)?.[1] ?? ''
  const hidden = Object.fromEntries(
    [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  )
  assert.equal(hidden.package, String(packageId))
  assert.equal(hidden.phone, PHONE)
  const sent = await pay(hidden)
  assert.equal(sent.status, 303)
  const paymentId = sent.headers.get('location')?.split('/')[2]
  rooms.db.prepare("UPDATE payments SET state = 'SUBMITTING' WHERE id = ?").run(paymentId)
  rooms.db.prepare("UPDATE payments SET state = 'DECLINED' WHERE id = ?").run(paymentId)
  rooms.clock.step(MINUTE)
  assert.doesNotMatch(await home(), KEEP_CALM)
})

test('a device that comes back without its page is told so above the packages, in its language; another is not', async (t) => {
  const { rooms, home } = setup(t)
  rooms.clock.step(20 * MINUTE)
  assert.match(await home(), KEEP_CALM)
  assert.match(await home(MAC, 'sw'), /Bado hatujapata jibu la M-PESA.*usilipe tena/)
  assert.doesNotMatch(await home('02:00:00:00:00:02'), KEEP_CALM)
})

test('a definite answer of M-PESA opens the shop again, however late it comes', async (t) => {
  const { rooms, purchase, pay, home, page } = setup(t)
  assert.match(await page(), KEEP_CALM)
  purchase.queryFailed()
  assert.equal(purchase.state, 'EXPIRED')
  assert.doesNotMatch(await home(), KEEP_CALM)
  assert.match(await page(), /Not paid yet/)
  rooms.clock.step(MINUTE)
  assert.equal((await pay()).status, 303)
})

test('money that comes after all puts its phone online, and the page says that it was the earlier payment', async (t) => {
  const { rooms, packageId, purchase, page } = setup(t)
  purchase.paid()
  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  const grant = grantOf(rooms.db, 'payment', purchase.paymentId)
  const routerId = rooms.addRouter()
  rooms.run(recordAccounting, {
    ...{
      status: 'start',
      routerId,
      username: grant?.username ?? '',
      acctSessionId: '80000001',
      classToken: `${grant?.id}.a`,
    },
    ...{ macAddress: MAC, framedIpAddress: '10.5.50.2', inputBytes: 0, outputBytes: 0, sessionSeconds: 0 },
    ...{ terminateCause: null, eventAtMs: rooms.clock.nowMs() },
  })
  assert.match(await page(), /You are online\s*Your earlier payment arrived/)
  const other = openPurchase(rooms, {
    packageId,
    phoneNumber: '254712345679',
    macAddress: '02:00:00:00:00:03',
  }).prompted()
  other.paid()
  assert.equal(wasPaidLate(rooms.db, other.row), false)
})

test('the same form sent again leads to its own purchase', async (t) => {
  const { purchase, pay, asked } = setup(t)
  const again = await pay({ key: 'key-12345' })
  assert.equal(again.headers.get('location')?.split('/')[2], purchase.paymentId)
  assert.equal(asked(), 1)
})

test('what is free is given all the same', async (t) => {
  const { rooms, pay } = setup(t)
  const free = rooms.addPackage({ priceCents: 0 })
  assert.equal((await pay({ package: String(free) })).status, 303)
})
