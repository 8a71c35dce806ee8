import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from './desk.ts'

const MONTH = { name: 'Home', type: 'pppoe', price_cents: 250_000, duration_seconds: 2_592_000 }
const NONE = {
  framed_pool: null,
  router_group: null,
  address_list: null,
  grace_router_group: null,
  grace_address_list: null,
  suspended_router_group: null,
  suspended_address_list: null,
}

test('a package says which pool, profile and lists of the router its customers are given', async (t) => {
  const { ask } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/packages', MONTH)
  const path = `/api/packages/${body.id}/terms`
  const named = { framed_pool: 'homes', router_group: 'gold', suspended_address_list: 'walled' }
  const set = await ask('admin', 'PUT', path, named)
  assert.equal(set.status, 200)
  assert.deepEqual({ ...set.body, ...named }, set.body)
  assert.deepEqual((await ask('viewer', 'GET', path)).body, set.body)
  const refused = await ask('admin', 'PUT', path, { framed_pool: 'a\nb' })
  assert.deepEqual([refused.status, refused.body.errors[0].field], [422, 'framed_pool'])
})

test('a connection is given an address of its own when it is opened or later, and no other has it', async (t) => {
  const { ask } = openDesk(t)
  const { body: sold } = await ask('admin', 'POST', '/api/packages', MONTH)
  const open = (phone_number: string, network?: object) =>
    ask('cashier', 'POST', '/api/subscriptions', { customer: { phone_number }, package_id: sold.id, network })
  const first = await open('0712345678', { framed_ip_address: '10.9.0.7', grace_address_list: 'late' })
  assert.equal(first.status, 201)
  assert.deepEqual(first.body.network, { ...NONE, framed_ip_address: '10.9.0.7', grace_address_list: 'late' })
  const refused = await open('0712345679', { framed_ip_address: '10.9.0.7' })
  assert.deepEqual([refused.status, refused.body.code], [409, 'address-taken'])
  const second = await open('0712345679')
  const path = `/api/subscriptions/${second.body.id}/network`
  assert.equal((await ask('cashier', 'PUT', path, { framed_ip_address: '10.9.0.7' })).status, 409)
  assert.equal((await ask('cashier', 'PUT', path, { framed_ip_address: '10.9.0' })).status, 422)
  assert.equal(
    (await ask('cashier', 'PUT', path, { framed_ip_address: '10.9.0.8' })).body.network.framed_ip_address,
    '10.9.0.8',
  )
  assert.equal(
    (await ask('viewer', 'GET', `/api/subscriptions/${second.body.id}`)).body.network.framed_ip_address,
    '10.9.0.8',
  )
  assert.equal((await ask('cashier', 'PUT', '/api/subscriptions/nobody/network', {})).status, 404)
})

test('a subscription whose paid time would be over before its first day is refused: it would never begin', async (t) => {
  const { ask, rooms } = openDesk(t)
  const package_id = rooms.addPackage({ type: 'pppoe' })
  const customer = { phone_number: '0722000001' }
  const now = rooms.clock.nowMs()
  const at = (days: number) => new Date(now + days * 86_400_000).toISOString()
  const open = (starts_at: string, paid_until: string) =>
    ask('cashier', 'POST', '/api/subscriptions', { customer, package_id, starts_at, paid_until })
  for (const [starts, paid] of [
    [5, 3],
    [5, 5],
  ] as const) {
    const { status, body } = await open(at(starts), at(paid))
    assert.deepEqual([status, body.errors?.[0]?.field], [422, 'paid_until'])
  }
  assert.equal(rooms.value('SELECT count(*) FROM customers'), 0)
  assert.equal((await open(at(5), at(35))).status, 201)
})
