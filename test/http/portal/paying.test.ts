import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { missDeadline } from '../../../src/billing/payment-deadlines.ts'
import { grantUrls } from '../../../src/http/portal/grant-address.ts'
import { openReach } from '../../../src/mpesa/reach.ts'
import { openPurchase } from '../../billing/purchase.ts'
import { freePort } from '../../flows/free-port.ts'
import { openDesk } from '../desk.ts'

const readable = (html: string) => html.replace(/<[^>]*>/g, '')

function setup(t: TestContext) {
  const { ask, rooms, house } = openDesk(t)
  const packageId = rooms.addPackage()
  const free = rooms.addPackage({ priceCents: 0 })
  const home = async (language = 'en') => readable((await ask(null, 'GET', `/?l=${language}`)).text)
  const pay = (bought: number) =>
    ask(null, 'POST', '/pay', `phone=0712345678&mac=02:00:00:00:00:01&package=${bought}&l=en`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  return { rooms, house, packageId, free, home, pay, ask }
}

test('while there is no Internet the first customer is told, and nobody is asked for money, not by an old page either', async (t) => {
  const { rooms, house, packageId, free, home, pay } = setup(t)
  house.mpesaReach = openReach({ baseUrl: 'https://mpesa.invalid', clock: rooms.clock })
  await house.mpesaReach.look()
  assert.match(await home(), /The Internet is down here right now\. Please do not pay yet\./)
  assert.match(await home('sw'), /Intaneti haipo hapa kwa sasa\. Tafadhali usilipe bado\./)
  const held = await pay(packageId)
  assert.match(readable(held.text), /The Internet is down here right now/)
  assert.equal(rooms.facts('payment.requested').length, 0)
  assert.match(await home(), /Voucher, resume code/)
  assert.equal((await pay(free)).status, 303)
})

test('who has used up his time is offered nothing that costs while nobody can pay', async (t) => {
  const { rooms, house, packageId, ask } = setup(t)
  const given = await ask('admin', 'POST', '/api/grants', { package_id: packageId, reason: 'a test' })
  const grantId = JSON.parse(given.text).id
  rooms.clock.step(3_601_000)
  const page = async () => readable((await ask(null, 'GET', grantUrls(house, grantId).pageUrl)).text)
  assert.match(await page(), /Your time is up.*Buy again/s)
  house.mpesaReach = openReach({ baseUrl: 'https://mpesa.invalid', clock: rooms.clock })
  await house.mpesaReach.look()
  assert.doesNotMatch(await page(), /Buy again/)
  assert.match(await page(), /Your time is up.*Free/s)
})

test('while M-PESA takes no connection, it is M-PESA that does not answer', async (t) => {
  const { rooms, house, packageId, home, pay } = setup(t)
  house.mpesaReach = openReach({ baseUrl: `http://127.0.0.1:${await freePort()}`, clock: rooms.clock })
  await house.mpesaReach.look()
  assert.match(await home(), /M-PESA is not responding right now\. Please do not pay yet\./)
  assert.equal((await pay(packageId)).status, 200)
  assert.equal(rooms.facts('payment.requested').length, 0)
})

test('two requests in a row to which nobody said anything close the shop for a while', async (t) => {
  const { rooms, home, packageId, pay } = setup(t)
  for (const purchase of [openPurchase(rooms).prompted(), openPurchase(rooms).prompted()]) {
    rooms.clock.step(90_000)
    rooms.run(missDeadline, { paymentId: purchase.paymentId })
  }
  assert.match(await home(), /M-PESA is not responding right now/)
  assert.equal((await pay(packageId)).status, 200)
  rooms.clock.step(90_000)
  assert.doesNotMatch(await home(), /not responding/)
})
