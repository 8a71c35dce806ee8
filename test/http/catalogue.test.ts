import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableCode } from '../../portal/code-format.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

const HOUR = { name: '1 hour', price_cents: 1000, duration_seconds: 3600 }

test('a package is put on sale with what was said, and defaults for the rest', async (t) => {
  const { ask, rooms } = openDesk(t)
  const { status, body } = await ask('admin', 'POST', '/api/packages', { ...HOUR, down_kbps: 4000 })
  assert.equal(status, 201)
  assert.deepEqual(body, {
    id: 1,
    name: '1 hour',
    description: '',
    type: 'hotspot',
    price_cents: 1000,
    sale_hours: null,
    currency: 'KES',
    duration_seconds: 3600,
    valid_seconds: null,
    data_limit_bytes: null,
    down_kbps: 4000,
    up_kbps: null,
    device_limit: 1,
    active: true,
    hidden: false,
    grace_days: 3,
    scheduled_activation_at: null,
    scheduled_deactivation_at: null,
  })
  const { active, hidden, grace_days, scheduled_activation_at, scheduled_deactivation_at, sale_hours, ...seen } = body
  assert.deepEqual((await ask(null, 'GET', '/api/packages')).body, { items: [seen], next_cursor: null })
  assert.deepEqual(rooms.rows('SELECT action, subject FROM audit'), [{ action: 'package.add', subject: 'package 1' }])
})

test('a package is valid for as long as it says, never shorter than its time', async (t) => {
  const { ask } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/packages', { ...HOUR, valid_seconds: 86_400 })
  assert.equal((await ask(null, 'GET', '/api/packages')).body.items[0].valid_seconds, 86_400)
  const path = `/api/packages/${body.id}`
  for (const refused of [
    await ask('admin', 'POST', '/api/packages', { ...HOUR, name: 'Short', valid_seconds: 3599 }),
    await ask('admin', 'PATCH', path, { valid_seconds: 3599 }),
    await ask('admin', 'PATCH', path, { duration_seconds: 86_401 }),
  ]) {
    assert.deepEqual([refused.status, refused.body.code], [422, 'valid-too-short'])
    assert.equal(refused.body.detail, 'valid_seconds: a package must be valid for at least its duration_seconds')
  }
  assert.equal((await ask('admin', 'PATCH', path, { price_cents: 2000 })).body.valid_seconds, 86_400)
  assert.equal((await ask('admin', 'PATCH', path, { valid_seconds: null })).body.valid_seconds, null)
  const given = { package_id: body.id, reason: 'a guest' }
  assert.equal((await ask('admin', 'POST', '/api/grants', given)).body.use_before, null)
  await ask('admin', 'PATCH', path, { valid_seconds: 3600 })
  const { expires_at, use_before } = (await ask('admin', 'POST', '/api/grants', given)).body
  assert.equal(use_before, expires_at)
})

test('a name belongs to one package', async (t) => {
  const { ask } = openDesk(t)
  await ask('admin', 'POST', '/api/packages', HOUR)
  const other = await ask('admin', 'POST', '/api/packages', { ...HOUR, name: '1 day' })
  const again = await ask('admin', 'POST', '/api/packages', HOUR)
  assert.deepEqual([again.status, again.body.code, again.body.errors[0].field], [409, 'name-taken', 'name'])
  const renamed = await ask('admin', 'PATCH', `/api/packages/${other.body.id}`, { name: '1 hour' })
  assert.deepEqual([renamed.status, renamed.body.code], [409, 'name-taken'])
  assert.equal((await ask('admin', 'PATCH', `/api/packages/${other.body.id}`, { name: '1 day' })).status, 200)
})

for (const [field, value] of [
  ['name', ''],
  ['name', ' '],
  ['name', 'x'.repeat(65)],
  ['price_cents', -100],
  ['price_cents', 1050],
  ['price_cents', 10.5],
  ['price_cents', '1000'],
  ['price_cents', 25_000_100],
  ['duration_seconds', 0],
  ['valid_seconds', 0],
  ['valid_seconds', '3600'],
  ['duration_seconds', 400 * 86_400],
  ['data_limit_bytes', 5],
  ['down_kbps', 1],
  ['device_limit', 0],
  ['hidden', 'yes'],
] as const) {
  test(`${field} = ${JSON.stringify(value).slice(0, 20)} is refused, in a new package and in a change`, async (t) => {
    const { ask, everything } = openDesk(t)
    await ask('admin', 'POST', '/api/packages', HOUR)
    const before = everything()
    const added = await ask('admin', 'POST', '/api/packages', { ...HOUR, name: '1 day', [field]: value })
    const changed = await ask('admin', 'PATCH', '/api/packages/1', { [field]: value })
    for (const { status, body } of [added, changed]) assert.deepEqual([status, body.errors[0].field], [422, field])
    assert.deepEqual(everything(), before)
  })
}

test('a change leaves alone what it does not name', async (t) => {
  const { ask, rooms } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/packages', { ...HOUR, data_limit_bytes: 1_000_000 })
  const changed = await ask('admin', 'PATCH', '/api/packages/1', { price_cents: 2000, data_limit_bytes: null })
  assert.equal(changed.status, 200)
  assert.deepEqual(changed.body, { ...body, price_cents: 2000, data_limit_bytes: null })
  assert.deepEqual((await ask('admin', 'GET', '/api/packages')).body.items, [changed.body])
  assert.equal(rooms.value('SELECT subject FROM audit ORDER BY id DESC'), 'package 1: price_cents, data_limit_bytes')
  const unknown = await ask('admin', 'PATCH', '/api/packages/9', { price_cents: 2000 })
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'package-unknown'])
})

test('what is hidden or off sale is for operators’ eyes', async (t) => {
  const { ask } = openDesk(t)
  await ask('admin', 'POST', '/api/packages', { ...HOUR, hidden: true })
  await ask('admin', 'POST', '/api/packages', { ...HOUR, name: '1 day' })
  await ask('admin', 'PATCH', '/api/packages/2', { active: false })
  assert.deepEqual((await ask(null, 'GET', '/api/packages')).body.items, [])
  const { body } = await ask('viewer', 'GET', '/api/packages')
  assert.deepEqual(
    body.items.map(({ hidden, active }: Record<string, boolean>) => [hidden, active]),
    [
      [true, true],
      [false, false],
    ],
  )
})

test('a package goes away while nobody has bought it, and stays for the books afterwards', async (t) => {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage()
  openPurchase(rooms, { packageId })
  const sold = await ask('admin', 'DELETE', `/api/packages/${packageId}`)
  assert.deepEqual([sold.status, sold.body.code], [409, 'package-in-use'])
  const unsold = rooms.addPackage()
  assert.equal((await ask('admin', 'DELETE', `/api/packages/${unsold}`)).status, 204)
  assert.equal((await ask('admin', 'DELETE', `/api/packages/${unsold}`)).status, 404)
  assert.equal(rooms.rows('SELECT id FROM packages').length, 1)
})

test('what somebody pays is the price that they were asked, whatever it costs afterwards', async (t) => {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage()
  const purchase = openPurchase(rooms, { packageId }).prompted()
  await ask('admin', 'PATCH', `/api/packages/${packageId}`, { price_cents: 5000 })
  purchase.paid()
  assert.equal(purchase.state, 'PAID')
})

test('vouchers are made, listed and printed; a viewer does not see the codes', async (t) => {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage({ name: '1 hour' })
  const asked = { package_id: packageId, count: 3, prefix: 'KE', note: 'for the shop' }
  const { status, body } = await ask('cashier', 'POST', '/api/vouchers', asked)
  assert.equal(status, 201)
  assert.equal(body.codes.length, 3)
  for (const code of body.codes) assert.match(code, /^KE\d{10}$/)
  const list = await ask('viewer', 'GET', '/api/vouchers')
  assert.deepEqual(list.body.items, [
    {
      batch_id: body.batch_id,
      package_id: packageId,
      package_name: '1 hour',
      note: 'for the shop',
      count: 3,
      redeemed: 0,
      expires_at: null,
      created_at: new Date(rooms.clock.nowMs()).toISOString(),
    },
  ])
  await ask(null, 'POST', '/api/vouchers/redeem', { code: body.codes[1] })
  const batch = await ask('cashier', 'GET', `/api/vouchers/batches/${body.batch_id}`)
  assert.deepEqual(
    batch.body.vouchers.map(({ state }: { state: string }) => state),
    ['unused', 'redeemed', 'unused'],
  )
  const csv = await ask('cashier', 'GET', `/api/vouchers/batches/${body.batch_id}.csv`)
  assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
  assert.equal(
    csv.text,
    `code,state\r\n${body.codes[0]},unused\r\n${body.codes[1]},redeemed\r\n${body.codes[2]},unused\r\n`,
  )
  assert.equal((await ask('cashier', 'GET', '/api/vouchers/batches/unknown')).status, 404)
})

test('a batch of vouchers comes as a page to print, with the codes that can still be sold', async (t) => {
  const { ask, rooms } = openDesk(t)
  const { body } = await ask('cashier', 'POST', '/api/vouchers', { package_id: rooms.addPackage(), count: 3 })
  await ask(null, 'POST', '/api/vouchers/redeem', { code: body.codes[1] })
  const address = `/api/vouchers/batches/${body.batch_id}.html`
  const { status, headers, text } = await ask('cashier', 'GET', address)
  assert.deepEqual([status, headers.get('content-type')], [200, 'text/html; charset=UTF-8'])
  assert.deepEqual(
    body.codes.map((code: string) => text.includes(readableCode(code))),
    [true, false, true],
  )
  assert.ok(!text.includes('Sign out'), 'a token has nothing to sign out of')
  assert.equal((await ask('viewer', 'GET', address)).status, 403)
  assert.equal((await ask('cashier', 'GET', '/api/vouchers/batches/unknown.html')).status, 404)
})

for (const [field, value] of [
  ['count', 0],
  ['count', 1001],
  ['package_id', 99],
  ['prefix', 'lower'],
  ['prefix', '=CMD()'],
  ['expires_at', 'tomorrow'],
  ['expires_at', '2020-01-01T00:00:00Z'],
] as const) {
  test(`vouchers with ${field} = ${value} are not made`, async (t) => {
    const { ask, rooms, everything } = openDesk(t)
    const packageId = rooms.addPackage()
    const before = everything()
    const { status, body } = await ask('cashier', 'POST', '/api/vouchers', {
      package_id: packageId,
      count: 1,
      [field]: value,
    })
    assert.deepEqual([status, body.errors[0].field], [422, field])
    assert.deepEqual(everything(), before)
  })
}
