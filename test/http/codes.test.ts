import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { makeVoucherKeys, openVoucherKey, signVoucher } from '../../src/signed-voucher.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

const MAC = 'AA:BB:CC:DD:EE:FF'

async function setup(t: Parameters<typeof openDesk>[0], change: object = {}) {
  const desk = openDesk(t)
  const packageId = desk.rooms.addPackage()
  const batch = await desk.ask('cashier', 'POST', '/api/vouchers', { package_id: packageId, count: 2, ...change })
  assert.equal(batch.status, 201)
  const [code, other] = batch.body.codes as [string, string]
  const redeem = (code: string, mac_address?: string) =>
    desk.ask(null, 'POST', '/api/vouchers/redeem', { code, ...(mac_address && { mac_address }) })
  return { ...desk, packageId, code, other, redeem }
}

test('a voucher is one access, however its code is typed', async (t) => {
  const { code, redeem, rooms } = await setup(t)
  const spaced = `${code.slice(0, 5)} - ${code.slice(5)}`
  const { status, body } = await redeem(spaced, MAC)
  assert.equal(status, 200)
  assert.equal(Date.parse(body.access.expires_at), rooms.clock.nowMs() + 3_600_000)
  assert.equal(body.access.online, false)
  // The first answer may have been lost.
  const again = await redeem(code, MAC)
  assert.deepEqual(again.body, body)
  assert.equal(rooms.rows('SELECT id FROM grants').length, 1)
})

test('a voucher that was used elsewhere, is unknown, or has run out is told apart', async (t) => {
  const { code, redeem, rooms } = await setup(t)
  await redeem(code, MAC)
  const used = await redeem(code, 'AA:BB:CC:DD:EE:00')
  assert.deepEqual([used.status, used.body.code], [409, 'voucher-used'])
  const nameless = await redeem(code)
  assert.equal(nameless.status, 409)
  const unknown = await redeem('0000000000', MAC)
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'voucher-unknown'])
  assert.equal(rooms.rows('SELECT id FROM grants').length, 1)
})

test('a voucher for a device that is only claimed shows and changes nothing of who has it', async (t) => {
  const { code, other, redeem, rooms } = await setup(t)
  const holder = await redeem(code, MAC)
  const claimed = await redeem(other, MAC)
  assert.equal(claimed.status, 200)
  assert.notEqual(claimed.body.access.username, holder.body.access.username)
  assert.equal(rooms.rows('SELECT id FROM grants').length, 2)
})

test('a voucher that has expired gives nothing', async (t) => {
  const expires_at = new Date(1_800_000_000_000 + 60_000).toISOString()
  const { code, redeem, rooms } = await setup(t, { expires_at })
  rooms.clock.step(60_000)
  const { status, body } = await redeem(code, MAC)
  assert.deepEqual([status, body.code], [410, 'voucher-expired'])
  assert.equal(rooms.rows('SELECT id FROM grants').length, 0)
})

test('a code of an access moves it to this device; a user name or password does not', async (t) => {
  const { code, redeem, ask, rooms } = await setup(t)
  const { body } = await redeem(code, MAC)
  const resume = (code: string) => ask(null, 'POST', '/api/access/resume', { code, mac_address: 'AA:BB:CC:DD:EE:00' })
  assert.equal((await resume(body.access.username)).status, 200)
  assert.equal(rooms.value('SELECT mac_address FROM grants'), 'AA:BB:CC:DD:EE:00')
  const unknown = await resume('ZZZZZZ')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'resume-unknown'])
  rooms.clock.step(3_600_001)
  assert.equal((await resume(body.access.username)).status, 410)
})

test('nobody comes in by the account number of a subscription, nor by a name that was chosen', async (t) => {
  const { ask, rooms, packageId } = await setup(t)
  const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
  const chosen = await ask('admin', 'POST', '/api/grants', {
    package_id: packageId,
    reason: 'staff',
    username: 'KAMAV1',
  })
  assert.equal(chosen.status, 201)
  for (const code of [subscriber.row.accountNumber, 'KAMAV1']) {
    const { status, body } = await ask(null, 'POST', '/api/access/resume', { code, mac_address: MAC })
    assert.deepEqual([status, body.code, body.access], [404, 'resume-unknown', undefined])
  }
  assert.equal(subscriber.grant().macAddress, null)
  const given = await ask('admin', 'POST', '/api/grants', { package_id: packageId, reason: 'a guest' })
  const guest = await ask(null, 'POST', '/api/access/resume', { code: given.body.username, mac_address: MAC })
  assert.equal(guest.status, 200)
})

test('the receipt of a payment brings its access to this device', async (t) => {
  const { ask, rooms, packageId } = await setup(t)
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().paid()

  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  const claim = (receipt: string) => ask(null, 'POST', '/api/payments/claim', { receipt, mac_address: MAC })
  const { status, body } = await claim(purchase.receipt.toLowerCase())
  assert.equal(status, 200)
  assert.equal(body.access.username, rooms.value('SELECT username FROM grants'))
  assert.equal((await claim('NOSUCHRCPT')).status, 404)
})

test('a receipt that the callback has told of a moment ago opens its access at once', async (t) => {
  const { ask, rooms, packageId } = await setup(t)
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().paid()
  assert.equal(rooms.rows('SELECT id FROM grants').length, 0)
  const claim = () => ask(null, 'POST', '/api/payments/claim', { receipt: purchase.receipt, mac_address: MAC })
  const { status, body } = await claim()
  assert.equal(status, 200)
  assert.deepEqual((await claim()).body.access, body.access)
  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  assert.deepEqual(
    [rooms.value('SELECT count(*) FROM grants'), rooms.value('SELECT count(*) FROM grant_parts')],
    [1, 1],
  )
})

test('a receipt that has renewed a subscription is told from one that nobody knows', async (t) => {
  const { ask, rooms } = await setup(t)
  const subscriber = openSubscriber(rooms)
  const { receipt } = await subscriber.pay()
  const { status, body } = await ask(null, 'POST', '/api/payments/claim', { receipt, mac_address: MAC })
  assert.deepEqual([status, body.code], [409, 'receipt-used'])
  assert.equal(subscriber.grant().macAddress, null)
})

test('receipts, resume codes and signed vouchers are guessed at the same ten times', async (t) => {
  const keys = makeVoucherKeys()
  const { ask, rooms } = openDesk(t, { MLANGO_SITE_VOUCHER_KEY: keys.publicKey })
  const packageId = rooms.addPackage({ name: '1 hour' })
  const signed = { id: 'a-signed-one', packageName: '1 hour', siteId: null, expiresAtMs: null }
  const code = signVoucher(signed, openVoucherKey(keys.privateKey))
  const purchase = openPurchase(rooms, { packageId })
  purchase.prompted().paid()
  const tries = {
    '/api/vouchers/redeem': ['code', `${code.slice(0, -4)}AAAA`, code],
    '/api/payments/claim': ['receipt', 'NOSUCHRCPT', purchase.receipt],
    '/api/access/resume': ['code', 'ZZZZZZ', 'ZZZZZY'],
  } as const
  for (const [path, [field, wrong]] of Object.entries(tries)) {
    for (let time = 0; time < 3; time++)
      assert.equal((await ask(null, 'POST', path, { [field]: wrong, mac_address: MAC })).status, 404)
  }
  assert.equal((await ask(null, 'POST', '/api/access/resume', { code: 'ZZZZZZ', mac_address: MAC })).status, 404)
  for (const [path, [field, , right]] of Object.entries(tries))
    assert.equal((await ask(null, 'POST', path, { [field]: right, mac_address: MAC })).status, 429)
  assert.equal(rooms.value('SELECT count(*) FROM grants'), 0)
})

test('ten codes from one address are enough for ten minutes, right or wrong', async (t) => {
  const { code, redeem, rooms } = await setup(t)
  for (let time = 0; time < 10; time++) assert.equal((await redeem(`000000000${time}`)).status, 404)
  const { status, headers, body } = await redeem(code, MAC)
  assert.deepEqual([status, body.code, headers.get('retry-after')], [429, 'too-many-tries', '600'])
  assert.equal(rooms.rows('SELECT id FROM grants').length, 0)
  rooms.clock.step(600_000)
  assert.equal((await redeem(code, MAC)).status, 200)
})

test('devices behind a router that masquerades have ten each, and a hundred together', async (t) => {
  const { code, ask, rooms } = await setup(t)
  rooms.addRouter({ address: '10.9.0.2' })
  const from = '10.9.0.2'
  const redeem = (code: string, device?: number) => {
    const mac = device === undefined ? {} : { mac_address: `AA:BB:CC:DD:EE:${String(device).padStart(2, '0')}` }
    return ask(null, 'POST', '/api/vouchers/redeem', { code, ...mac }, { from })
  }
  for (let time = 0; time < 10; time++) assert.equal((await redeem('0000000000', 10)).status, 404)
  assert.equal((await redeem(code, 10)).status, 429)
  assert.equal((await redeem(code, 11)).status, 200)
  for (let time = 0; time < 88; time++) assert.equal((await redeem('0000000000', 20 + (time % 44))).status, 404)
  assert.equal((await redeem('0000000000', 12)).status, 429)
})

test('strangers at an address do not use up the tries of the device that the network knows there', async (t) => {
  const { code, other, ask, rooms, redeem } = await setup(t)
  const from = '10.5.50.7'
  const router = rooms.addRouter({ address: '10.9.0.2' })
  const { body } = await redeem(code, MAC)
  rooms.db
    .prepare(
      `INSERT INTO sessions (unique_key, grant_id, router_id, username, acct_session_id, mac_address, framed_ip_address,
         input_bytes, output_bytes, session_seconds, started_at_ms, updated_at_ms)
       VALUES ('k', (SELECT id FROM grants), ?, ?, 's', ?, ?, 0, 0, 0, ?, ?)`,
    )
    .run(router, body.access.username, MAC, from, rooms.clock.nowMs(), rooms.clock.nowMs())
  const asking = (code: string, mac_address?: string) =>
    ask(null, 'POST', '/api/vouchers/redeem', { code, ...(mac_address && { mac_address }) }, { from })
  for (let time = 0; time < 10; time++) assert.equal((await asking('0000000000')).status, 404)
  assert.equal((await asking(other)).status, 429)
  assert.equal((await asking(other, 'AA:BB:CC:DD:EE:00')).status, 429)
  assert.equal((await asking(other, MAC)).status, 200)
})

test('a signed voucher is verified like any other, long as it is', async (t) => {
  const keys = makeVoucherKeys()
  const desk = openDesk(t, { MLANGO_SITE_VOUCHER_KEY: keys.publicKey })
  const packageId = desk.rooms.addPackage({ name: '1 hour' })
  const signed = { id: 'a-signed-one', packageName: '1 hour', siteId: null, expiresAtMs: null }
  const code = signVoucher(signed, openVoucherKey(keys.privateKey))
  const verify = (code: string) => desk.ask('cashier', 'POST', '/api/vouchers/verify', { code })
  assert.deepEqual((await verify(code)).body, { code, state: 'unused', package_id: packageId, expires_at: null })
  await desk.ask(null, 'POST', '/api/vouchers/redeem', { code, mac_address: MAC })
  assert.equal((await verify(code)).body.state, 'redeemed')
  assert.equal((await verify(`${code.slice(0, -4)}AAAA`)).body.state, 'unknown')
})

test('a signed voucher that is in use moves its access to this device, as any other does', async (t) => {
  const keys = makeVoucherKeys()
  const { ask, rooms } = openDesk(t, { MLANGO_SITE_VOUCHER_KEY: keys.publicKey })
  rooms.addPackage({ name: '1 hour' })
  const sign = (id: string) =>
    signVoucher({ id, packageName: '1 hour', siteId: null, expiresAtMs: null }, openVoucherKey(keys.privateKey))
  const code = sign('a-signed-one')
  const first = await ask(null, 'POST', '/api/vouchers/redeem', { code, mac_address: MAC })
  assert.equal(first.status, 200)
  const resume = (code: string) => ask(null, 'POST', '/api/access/resume', { code, mac_address: 'AA:BB:CC:DD:EE:00' })
  const moved = await resume(code)
  assert.deepEqual([moved.status, moved.body.access?.username], [200, first.body.access.username])
  assert.equal(rooms.value('SELECT mac_address FROM grants'), 'AA:BB:CC:DD:EE:00')
  for (const other of [sign('another-signed-one'), `${code.slice(0, -4)}AAAA`])
    assert.equal((await resume(other)).status, 404)
})

for (const path of ['/api/vouchers/redeem', '/api/access/resume', '/api/payments/claim']) {
  test(`${path} names the fields that are wrong`, async (t) => {
    const { ask, everything } = await setup(t)
    const before = everything()
    const { status, body } = await ask(null, 'POST', path, { mac_address: 'nonsense', colour: 'red' })
    assert.equal(status, 422)
    const code = path.endsWith('claim') ? 'receipt' : 'code'
    assert.deepEqual(
      body.errors.map(({ field }: { field: string }) => field).sort(),
      [code, 'colour', 'mac_address'].sort(),
    )
    assert.deepEqual(everything(), before)
  })
}
