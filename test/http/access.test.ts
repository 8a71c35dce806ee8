import assert from 'node:assert/strict'
import { test } from 'node:test'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { openStay } from '../access/stay.ts'
import { openDesk } from './desk.ts'

function setup(t: Parameters<typeof openDesk>[0]) {
  const desk = openDesk(t)
  const packageId = desk.rooms.addPackage({ name: '1 hour' })
  const give = (change: object = {}) =>
    desk.ask('admin', 'POST', '/api/grants', { package_id: packageId, reason: 'lost phone', ...change })
  return { ...desk, packageId, give }
}

test('access is given by hand; what is left out is made, and the reason stands in the audit', async (t) => {
  const { give, rooms, packageId, ask } = setup(t)
  const { status, body } = await give()
  assert.equal(status, 201)
  assert.deepEqual([body.source, body.package_id, body.package_name], ['operator', packageId, '1 hour'])
  assert.equal(Date.parse(body.expires_at), rooms.clock.nowMs() + 3_600_000)
  assert.match(body.username, /^\w{6}$/)
  assert.equal(body.password.length, 8)
  assert.deepEqual(rooms.rows('SELECT actor, subject FROM audit'), [
    { actor: 'token admin', subject: `grant ${body.id}: lost phone` },
  ])
  const { password, ...view } = body
  assert.deepEqual((await ask('viewer', 'GET', '/api/grants')).body.items, [view])
})

test('access with a phone number is told by SMS, and with a device logged in by the job', async (t) => {
  const { give, rooms } = setup(t)
  await give({ phone_number: '0712345678', mac_address: 'aa-bb-cc-dd-ee-ff', username: 'guest', password: 'welcome' })
  assert.deepEqual(rooms.rows('SELECT username, password, phone_number, mac_address FROM grants'), [
    { username: 'guest', password: 'welcome', phone_number: '254712345678', mac_address: 'AA:BB:CC:DD:EE:FF' },
  ])
  assert.equal(rooms.jobs('create-hotspot-user').length, 1)
})

test('a user name that is taken is refused', async (t) => {
  const { give, rooms } = setup(t)
  await give({ username: 'guest' })
  const { status, body } = await give({ username: 'guest' })
  assert.deepEqual([status, body.code, body.errors[0].field], [409, 'username-taken', 'username'])
  assert.equal(rooms.rows('SELECT id FROM grants').length, 1)
})

for (const [field, value] of [
  ['package_id', 99],
  ['reason', ''],
  ['username', 'a b'],
  ['password', 'x'],
  ['phone_number', '12'],
  ['mac_address', 'AA'],
] as const) {
  test(`access with ${field} = ${JSON.stringify(value)} is not given`, async (t) => {
    const { give, everything } = setup(t)
    const before = everything()
    const { status, body } = await give({ [field]: value })
    assert.deepEqual([status, body.errors.length, body.errors[0].field], [422, 1, field])
    assert.deepEqual(everything(), before)
  })
}

test('access that is taken away ends at once, and a second time changes nothing', async (t) => {
  const { give, ask, rooms } = setup(t)
  const { body } = await give()
  assert.equal((await ask('admin', 'DELETE', `/api/grants/${body.id}`)).status, 204)
  assert.equal((await ask('admin', 'DELETE', `/api/grants/${body.id}`)).status, 204)
  assert.equal(rooms.facts('access.ended').length, 1)
  assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
  const [seen] = (await ask('viewer', 'GET', '/api/grants')).body.items
  assert.deepEqual([seen.end_reason, seen.seconds_left], ['revoked', 0])
  const unknown = await ask('admin', 'DELETE', '/api/grants/unknown')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'grant-unknown'])
})

test('a session is shown with its counts, and kicking it orders the job', async (t) => {
  const { ask, rooms } = setup(t)
  const stay = openStay(rooms)
  stay.account({ status: 'start' })
  const [session] = (await ask('viewer', 'GET', '/api/sessions')).body.items
  assert.deepEqual([session.grant_id, session.router_id, session.stopped_at], [stay.grantId, stay.routerId, null])
  const kicked = await ask('cashier', 'DELETE', `/api/sessions/${session.id}`)
  assert.equal(kicked.status, 202)
  const kick = rooms.value('SELECT payload FROM jobs WHERE id = ?', kicked.body.job_id)
  assert.deepEqual(JSON.parse(String(kick)), { grantId: stay.grantId, asked: true })
  assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
  assert.equal(stay.grant().endedAtMs, null)
})

test('a session that is over or unknown cannot be kicked', async (t) => {
  const { ask, rooms } = setup(t)
  const stay = openStay(rooms)
  stay.account({ status: 'start' })
  stay.account({ status: 'stop' })
  const [session] = (await ask('viewer', 'GET', '/api/sessions')).body.items
  const over = await ask('cashier', 'DELETE', `/api/sessions/${session.id}`)
  assert.deepEqual([over.status, over.body.code], [409, 'session-over'])
  for (const id of ['99', 'x']) assert.equal((await ask('cashier', 'DELETE', `/api/sessions/${id}`)).status, 404)
})

test('what an outage gave back stands in the grant’s story and among the outages', async (t) => {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage({ durationSeconds: 3600 })
  const grant = (await ask('admin', 'POST', '/api/grants', { package_id: packageId, reason: 'guest' })).body
  const routerId = rooms.addRouter()
  const beganAtMs = rooms.clock.nowMs()
  rooms.clock.step(900_000)
  const outage = { routerId, reason: 'uplink', beganAtMs, endedAtMs: rooms.clock.nowMs() } as const
  rooms.run(creditOutage, { outage, mostSeconds: 600 })
  const story = (await ask('viewer', 'GET', `/api/grants/${grant.id}/history`)).body.items
  assert.deepEqual(
    story.map(({ what, seconds, cause }: Record<string, unknown>) => [what, seconds, cause]),
    [
      ['given', 3600, `operator ${grant.id}`],
      ['outage-credit', 600, 'outage 1'],
    ],
  )
  const [seen] = (await ask('viewer', 'GET', '/api/outages')).body.items
  assert.deepEqual([seen.router_id, seen.reason, seen.grants, seen.seconds], [routerId, 'uplink', 1, 600])
  assert.equal((await ask('viewer', 'GET', '/api/grants/nobody/history')).status, 404)
})
