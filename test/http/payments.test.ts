import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { missDeadline } from '../../src/billing/payment-deadlines.ts'
import { requestRefund } from '../../src/billing/refunds.ts'
import { openStay } from '../access/stay.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

const MAC = 'AA:BB:CC:DD:EE:FF'

function setup(t: Parameters<typeof openDesk>[0], environment = {}) {
  const desk = openDesk(t, environment)
  const packageId = desk.rooms.addPackage()
  const buy = (change: object = {}, headers: Record<string, string> = {}, from?: string) =>
    desk.ask(
      null,
      'POST',
      '/api/payments/stk',
      { phone_number: '0712345678', package_id: packageId, mac_address: MAC, ...change },
      { headers, ...(from !== undefined && { from }) },
    )
  return { ...desk, packageId, buy }
}

test('a purchase is answered at once, with where to follow it', async (t) => {
  const { buy, rooms, ask } = setup(t)
  const { status, body } = await buy()
  assert.equal(status, 202)
  assert.equal(body.status, 'created')
  assert.equal(body.status_url, `/api/payments/${body.payment_id}?token=${body.token}`)
  assert.equal(body.events_url, `/api/payments/${body.payment_id}/events?token=${body.token}`)
  assert.deepEqual(
    rooms.jobs().map(({ name }) => name),
    ['initiate-stk-push', 'reconcile-payments'],
  )
  const seen = await ask(null, 'GET', body.status_url)
  assert.deepEqual(
    { ...seen.body, created_at: '', package: '' },
    {
      payment_id: body.payment_id,
      status: 'created',
      amount_cents: 1000,
      currency: 'KES',
      phone_masked: seen.body.phone_masked,
      package: '',
      created_at: '',
      failure: null,
      access: null,
      voucher: null,
    },
  )
  assert.ok(!seen.text.includes('0712345678') && !seen.text.includes('254712345678'))
})

for (const phone of ['+254712345678', '254712345678', '0712345678', '0712 345 678', '+254 712-345-678']) {
  test(`${phone} is one and the same phone`, async (t) => {
    const { buy, rooms } = setup(t)
    await buy({ phone_number: phone })
    assert.equal(rooms.value('SELECT phone_number FROM payments'), '254712345678')
  })
}

for (const mac of ['aa:bb:cc:dd:ee:ff', 'AA-BB-CC-DD-EE-FF', 'aabb.ccdd.eeff', 'AABBCCDDEEFF']) {
  test(`${mac} is one and the same device`, async (t) => {
    const { buy, rooms } = setup(t)
    await buy({ mac_address: mac })
    assert.equal(rooms.value('SELECT mac_address FROM payments'), MAC)
  })
}

test('the same Idempotency-Key is the same payment, and no second prompt', async (t) => {
  const { buy, rooms } = setup(t)
  const key = { 'Idempotency-Key': 'order-1' }
  const [one, other] = [await buy({}, key), await buy({}, key)]
  assert.deepEqual(other.body, one.body)
  assert.equal(other.status, 202)
  assert.equal(rooms.jobs('initiate-stk-push').length, 1)
})

test('an Idempotency-Key that was used for something else is refused', async (t) => {
  const { buy, rooms } = setup(t)
  const key = { 'Idempotency-Key': 'order-1' }
  await buy({}, key)
  const other = await buy({ phone_number: '0712345679' }, key)
  assert.deepEqual([other.status, other.body.code], [409, 'idempotency-key-reused'])
  assert.equal(rooms.rows('SELECT id FROM payments').length, 1)
})

for (const key of ['x'.repeat(129), 'a key', 'ké']) {
  test(`an Idempotency-Key like ${JSON.stringify(key.slice(0, 8))} is refused`, async (t) => {
    const { buy, rooms } = setup(t)
    const { status, body } = await buy({}, { 'Idempotency-Key': key })
    assert.deepEqual([status, body.errors[0].field], [422, 'Idempotency-Key'])
    assert.equal(rooms.rows('SELECT id FROM payments').length, 0)
  })
}

test('a phone that has a prompt for another purchase gets no second one', async (t) => {
  const { buy } = setup(t)
  await buy()
  const other = await buy({ mac_address: 'AA:BB:CC:DD:EE:00' })
  assert.deepEqual([other.status, other.body.code], [409, 'payment-pending'])
})

test('who names phone, package and device of a purchase is not given its key, unless it was made from the same place', async (t) => {
  const { buy, rooms } = setup(t)
  const [buyer, neighbour] = ['192.168.88.50', '192.168.88.66']
  const { body: first } = await buy({}, {}, buyer)
  const { status, body } = await buy({}, {}, neighbour)
  assert.deepEqual([status, body.code, body.token], [409, 'payment-pending', undefined])
  assert.deepEqual((await buy({}, {}, buyer)).body, first)
  assert.equal(rooms.jobs('initiate-stk-push').length, 1)
})

test('nor is who names phone and package of a purchase that is for no device by name', async (t) => {
  const { buy } = setup(t)
  const [buyer, neighbour] = ['192.168.88.50', '192.168.88.66']
  const { body: first } = await buy({ mac_address: undefined }, {}, buyer)
  assert.equal((await buy({ mac_address: undefined }, {}, neighbour)).status, 409)
  assert.deepEqual((await buy({ mac_address: undefined }, {}, buyer)).body, first)
})

test('behind a router that masquerades only the same key brings the key of a purchase back', async (t) => {
  const { buy, rooms } = setup(t)
  const router = '192.168.88.2'
  rooms.addRouter({ address: router })
  const key = { 'Idempotency-Key': 'of-one-page' }
  const { body: first } = await buy({}, key, router)
  assert.deepEqual((await buy({}, key, router)).body, first)
  assert.equal((await buy({}, {}, router)).status, 409)
  assert.equal((await buy({}, { 'Idempotency-Key': 'of-another' }, router)).status, 409)
  assert.equal(rooms.jobs('initiate-stk-push').length, 1)
})

test('two taps at the same moment are one purchase', async (t) => {
  const { buy } = setup(t)
  const [one, other] = await Promise.all([buy(), buy()])
  assert.equal(one.status, 202)
  assert.deepEqual(other.body, one.body)
})

test('a device that the network knows is given its purchase back, from a new address too', async (t) => {
  const { buy, rooms } = setup(t)
  const { body: first } = await buy({}, {}, '192.168.88.50')
  const stay = openStay(rooms, { macAddress: MAC, routerId: rooms.addRouter({ address: '192.168.88.2' }) })
  stay.account({ status: 'start', macAddress: MAC, framedIpAddress: '10.5.50.7' })
  assert.deepEqual((await buy({}, {}, '10.5.50.7')).body, first)
  assert.equal((await buy({}, {}, '10.5.50.8')).status, 409)
})

for (const [what, change] of [
  ['hidden', { hidden: true }],
  ['off sale', { active: false }],
] as const) {
  test(`a package that is ${what} cannot be bought`, async (t) => {
    const { buy, ask, packageId, rooms } = setup(t)
    await ask('admin', 'PATCH', `/api/packages/${packageId}`, change)
    const { status, body } = await buy()
    assert.deepEqual([status, body.code, body.errors[0].field], [422, 'unknown-package', 'package_id'])
    assert.equal(rooms.rows('SELECT id FROM payments').length, 0)
  })
}

test('a router that is not there is refused', async (t) => {
  const { buy } = setup(t)
  const { status, body } = await buy({ router_id: 99 })
  assert.deepEqual([status, body.code, body.errors[0].field], [422, 'unknown-router', 'router_id'])
})

test('ten requests from one address are enough for ten minutes, whomever they name', async (t) => {
  const { buy, rooms } = setup(t)
  for (let time = 0; time < 10; time++) await buy()
  const { status, headers, body } = await buy()
  assert.deepEqual([status, body.code], [429, 'too-many-tries'])
  assert.equal(headers.get('retry-after'), '600')
  rooms.clock.step(600_000)
  assert.notEqual((await buy()).status, 429)
})

test('who names the phone of somebody else again and again locks it out for nobody', async (t) => {
  const { buy } = setup(t)
  for (let time = 0; time < 50; time++) await buy({}, {}, '192.168.88.66')
  assert.equal((await buy({}, {}, '192.168.88.66')).status, 429)
  assert.notEqual((await buy()).status, 429)
})

test('a phone is named twenty times in ten minutes, from wherever, and then nobody can bother it', async (t) => {
  const { buy } = setup(t)
  const device = (time: number) => ({ mac_address: `AA:BB:CC:DD:EE:${10 + time}` })
  for (let time = 0; time < 20; time++) {
    assert.notEqual((await buy(device(time), {}, `192.168.88.${100 + time}`)).status, 429)
  }
  assert.equal((await buy(device(20))).status, 429)
})

test('the customers behind a router that masquerades do not use up the tries of each other', async (t) => {
  const { buy, rooms } = setup(t)
  const phone = (number: number) => ({ phone_number: `07123456${number}`, mac_address: `AA:BB:CC:DD:EE:${number}` })
  rooms.addRouter({ address: '192.168.88.2' })
  for (let number = 10; number < 40; number++) {
    assert.equal((await buy(phone(number), {}, '192.168.88.2')).status, 202)
  }
})

test('who invents numbers and devices behind a router that masquerades is stopped, and keeps no payer of before from paying', async (t) => {
  const { buy, rooms, packageId } = setup(t)
  const router = '192.168.88.2'
  rooms.addRouter({ address: router })
  openPurchase(rooms, { packageId, phoneNumber: '254712345678' }).prompted().paid()
  const invented = (number: number) => ({
    phone_number: `0722${String(number).padStart(6, '0')}`,
    mac_address: `AA:BB:CC:DD:${String(number >> 8).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`,
  })
  const pushes = () => rooms.jobs('initiate-stk-push').length
  const before = pushes()
  for (let number = 0; number < 310; number++) await buy(invented(number), {}, router)
  assert.equal(pushes() - before, 100)
  const { status, headers } = await buy(invented(310), {}, router)
  assert.deepEqual([status, headers.get('retry-after')], [429, '600'])
  assert.equal((await buy({}, {}, router)).status, 202)
  assert.equal((await buy({ phone_number: '0733000000' }, {}, '192.168.88.50')).status, 202)
})

test('the whole site asks for no more than three hundred payments a minute', async (t) => {
  const { buy, rooms } = setup(t)
  // Every one from another address and for another phone; only what is asked matters, so no package is there.
  const flood = async (from: number, count: number) => {
    const statuses = new Map<number, number>()
    for (let number = from; number < from + count; number++) {
      const phone = { phone_number: `0722${String(number).padStart(6, '0')}`, mac_address: undefined, package_id: 99 }
      const { status } = await buy(phone, {}, `10.0.${number >> 8}.${number & 255}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    return Object.fromEntries(statuses)
  }
  assert.deepEqual(await flood(0, 310), { 422: 300, 429: 10 })
  rooms.clock.step(60_000)
  assert.deepEqual(await flood(310, 10), { 422: 10 })
})

/** A phone that was prompted three minutes ago, and of which M-PESA says nothing. */
async function setupUndecided(t: Parameters<typeof openDesk>[0]) {
  const house = setup(t)
  const { rooms, packageId } = house
  const asked = { packageId, phoneNumber: '254712345678', macAddress: MAC, clientKey: 'order-1' }
  const purchase = openPurchase(rooms, asked).prompted()
  rooms.clock.step(2 * 60_000)
  rooms.run(missDeadline, { paymentId: purchase.paymentId })
  rooms.clock.step(60_000)
  return { ...house, purchase }
}

test('who asks while nobody knows whether the last request was paid is told not to pay again, by phone and by device', async (t) => {
  const { buy, rooms, purchase } = await setupUndecided(t)
  for (const change of [{}, { mac_address: 'AA:BB:CC:DD:EE:00' }, { phone_number: '0722000000' }]) {
    const { status, body } = await buy(change)
    assert.deepEqual([status, body.code, body.token], [409, 'payment-undecided', undefined])
    assert.match(body.detail, /Do not pay again/)
  }
  const key = { 'Idempotency-Key': 'order-1' }
  const again = await buy({}, key)
  assert.deepEqual([again.status, again.body.payment_id], [202, purchase.paymentId])
  assert.equal(rooms.rows('SELECT id FROM payments').length, 1)
  assert.equal((await buy({ package_id: rooms.addPackage({ priceCents: 0 }) })).status, 202)
  purchase.queryFailed()
  assert.equal((await buy()).status, 202)
})

test('who says that no M-PESA SMS came pays again', async (t) => {
  const { buy, purchase } = await setupUndecided(t)
  const { status, body } = await buy({ pay_again: true })
  assert.equal(status, 202)
  assert.notEqual(body.payment_id, purchase.paymentId)
})

test('a site without M-PESA says so', async (t) => {
  const keys = ['CONSUMER_KEY', 'CONSUMER_SECRET', 'SHORTCODE', 'PASSKEY', 'CALLBACK_BASE_URL']
  const { buy } = setup(t, Object.fromEntries(keys.map((key) => [`MLANGO_MPESA_${key}`, undefined])))
  const { status, body } = await buy()
  assert.deepEqual([status, body.code], [503, 'mpesa-not-configured'])
})

test('a wrong token, a missing one and an unknown payment look the same', async (t) => {
  const { buy, ask } = setup(t)
  const { body } = await buy()
  const answers = [
    await ask(null, 'GET', `/api/payments/${body.payment_id}?token=${body.token.slice(0, -1)}`),
    await ask(null, 'GET', `/api/payments/${body.payment_id}?token=${'x'.repeat(32)}`),
    await ask(null, 'GET', `/api/payments/${body.payment_id}`),
    await ask(null, 'GET', `/api/payments/unknown?token=${body.token}`),
    await ask(null, 'GET', `/api/payments/${body.payment_id}/events?token=x`),
    await ask('admin', 'GET', `/api/payments/${body.payment_id}?token=x`),
  ]
  for (const answer of answers) {
    assert.equal(answer.status, 404)
    assert.deepEqual({ ...answer.body, request_id: '' }, { ...answers[0]?.body, request_id: '' })
  }
})

test('who paid sees the credentials; an operator sees everything but the password', async (t) => {
  const { ask, rooms, packageId } = setup(t)
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().paid()
  // What the job `process-payment` does.

  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  const mine = await ask(null, 'GET', `/api/payments/${purchase.paymentId}?token=${purchase.token}`)
  assert.match(mine.body.access.username, /^\w{6}$/)
  assert.ok(mine.body.access.password.length >= 8)
  assert.equal(mine.body.access.online, false)
  const theirs = await ask('viewer', 'GET', `/api/payments/${purchase.paymentId}`)
  assert.equal(theirs.body.access.username, mine.body.access.username)
  assert.equal(theirs.body.verified_by, 'stk_callback')
  for (const path of ['', `/${purchase.paymentId}`, `/${purchase.paymentId}/history`]) {
    assert.ok(!(await ask('admin', 'GET', `/api/payments${path}`)).text.includes(mine.body.access.password), path)
  }
})

test('a payment that failed says why and when to try again', async (t) => {
  const { ask, rooms, packageId } = setup(t)
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().failed()
  const { body } = await ask(null, 'GET', `/api/payments/${purchase.paymentId}?token=${purchase.token}`)
  assert.equal(body.status, 'declined')
  assert.equal(body.failure.code, 'cancelled')
  assert.ok(body.failure.message.length > 10)
})

test('the history tells how a payment came to its state', async (t) => {
  const { ask, rooms, packageId } = setup(t)
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().paid()
  const { body } = await ask('viewer', 'GET', `/api/payments/${purchase.paymentId}/history`)
  assert.deepEqual(
    body.items.map(({ from, to }: { from: string; to: string }) => `${from} > ${to}`),
    ['created > submitting', 'submitting > prompted', 'prompted > paid'],
  )
  assert.equal((await ask('viewer', 'GET', '/api/payments/unknown/history')).status, 404)
})

test('reconciling orders one job, however often it is asked', async (t) => {
  const { ask, rooms, packageId } = setup(t)
  const { paymentId } = openPurchase(rooms, { packageId }).prompted()
  const one = await ask('admin', 'POST', `/api/payments/${paymentId}/reconcile`)
  const other = await ask('admin', 'POST', `/api/payments/${paymentId}/reconcile`)
  assert.equal(one.status, 202)
  assert.equal(one.body.job_id, other.body.job_id)
  assert.equal(rooms.jobs('reconcile-payments').length, 1)
  assert.equal((await ask('admin', 'POST', '/api/payments/unknown/reconcile')).status, 404)
})

test('what is decided is named: a refund by its id, and never by the way', async (t) => {
  const { rooms, ask, addOperator, signedIn } = setup(t)
  await addOperator('juma')
  const juma = { headers: await signedIn('juma') }
  const purchase = openPurchase(rooms).prompted()
  purchase.paid({ amountCents: 500 })
  const asked = { paymentId: purchase.paymentId, receipt: null, reason: 'asked for it', by: 'asha', isOperator: true }
  const refund = rooms.run(requestRefund, { ...asked, approvalAboveCents: 0 })
  assert.ok('refundId' in refund)
  const decide = (verb: string, body: object, paymentId = purchase.paymentId) =>
    ask(null, 'POST', `/api/payments/${paymentId}/${verb}`, { reason: 'seen', ...body }, juma)
  for (const verb of ['approve', 'reject']) {
    const { status, body } = await decide(verb, {})
    assert.deepEqual([status, body.code], [409, 'refund-waits'])
    assert.match(body.detail, /refund_id/)
  }
  const other = openPurchase(rooms)
  assert.equal((await decide('approve', { refund_id: refund.refundId }, other.paymentId)).status, 404)
  assert.equal(purchase.state, 'REVIEW')
  const answer = await decide('approve', { refund_id: refund.refundId })
  assert.deepEqual([answer.status, answer.body.status], [200, 'refund_pending'])
  assert.equal((await decide('reject', { refund_id: refund.refundId })).body.code, 'refund-not-waiting')
})

test('whether an account exists is not told to who asks too often', async (t) => {
  const { buy } = setup(t)
  const said = new Set<string>()
  for (let account = 0; account < 30; account++) {
    said.add((await buy({ account_number: String(100_000 + account) })).body.code)
  }
  assert.deepEqual([...said], ['unknown-account', 'too-many-tries'])
})
