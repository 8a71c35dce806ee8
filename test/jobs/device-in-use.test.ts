import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createHotspotUser } from '../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import { revokeGrant } from '../../src/access/end-grant.ts'
import type { GrantOrder } from '../../src/access/grant-order.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { type RouterRow, routerById } from '../../src/routers/router-table.ts'
import type { RouterAddress } from '../../src/routers/routeros-connection.ts'
import { openStay } from '../access/stay.ts'
import { MAC, PHONE } from '../billing/purchase.ts'
import { openJobHouse } from './job-house.ts'

const MINE = '10.5.50.7'
const MASQUERADES = '10.9.0.2'

/** A device that is online with what one phone has paid, and then another purchase is made in its name. */
async function setup(t: TestContext, bought: Partial<GrantOrder> = {}) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  simulator.join(MAC, MINE)
  const paid = { source: 'payment', phoneNumber: PHONE, routerId } as const
  const first = openStay(house, paid)
  assert.equal((await house.runJob(createHotspotUser, { grantId: first.grantId })).kind, 'done')
  first.account({ status: 'start', framedIpAddress: MINE })
  const second = openStay(house, { ...paid, phoneNumber: '254700000999', ...bought })
  const connect = () => house.runJob(createHotspotUser, { grantId: second.grantId })
  const onlineWith = () => simulator.active().map(({ username }) => username)
  const router = routerAddress(routerById(house.db, routerId) as RouterRow) as RouterAddress
  return { ...house, router, first, second, connect, onlineWith }
}

test('a device stays online with its own access when somebody else buys in its name', async (t) => {
  for (const askedFrom of [undefined, '10.5.50.66', MASQUERADES]) {
    const { connect, onlineWith, first, facts } = await setup(t, { askedFrom })
    assert.equal((await connect()).kind, 'snooze')
    assert.deepEqual(onlineWith(), [first.grant().username])
    assert.deepEqual(facts('session.expired'), [])
    assert.equal(first.sessions()[0]?.stopped_at_ms, null)
  }
})

test('and goes on with that when its own is over', async (t) => {
  const { connect, onlineWith, second, clock, first } = await setup(t, { durationSeconds: 7200 })
  const waits = await connect()
  assert.ok(waits.kind === 'snooze' && waits.delayMs <= 600_000)
  clock.step(first.grant().expiresAtMs - clock.nowMs() - 60_000)
  assert.deepEqual(await connect(), { kind: 'snooze', delayMs: 65_000, effects: [] })
  clock.step(65_000)
  await connect()
  assert.deepEqual(onlineWith(), [second.grant().username])
})

test('and does so at once when its own ends early, whatever ends it', async (t) => {
  for (const end of ['revoked', 'left'] as const) {
    const { connect, first, second, db, run, clock } = await setup(t, { durationSeconds: 7200 })
    const waits = await connect()
    assert.ok(waits.kind === 'snooze')
    const key = `create-hotspot-user:${second.grantId}`
    const job = () =>
      db.prepare('SELECT state, run_at_ms AS runAtMs FROM jobs WHERE unique_key = ?').get(key) as {
        state: string
        runAtMs: number
      }
    db.prepare("UPDATE jobs SET state = 'scheduled', run_at_ms = ? WHERE unique_key = ?").run(
      clock.nowMs() + waits.delayMs,
      key,
    )
    if (end === 'revoked') run(revokeGrant, { grantId: first.grantId })
    else first.account({ status: 'stop', framedIpAddress: MINE })
    assert.ok(job().runAtMs <= clock.nowMs(), end)
  }
})

test('a device goes over to what is bought from its own address, whichever phone pays', async (t) => {
  const { connect, onlineWith, second } = await setup(t, { askedFrom: MINE })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [second.grant().username])
})

test('a device goes over to what the same phone has paid, also behind a router that masquerades', async (t) => {
  const { connect, onlineWith, second } = await setup(t, { phoneNumber: PHONE, askedFrom: MASQUERADES })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [second.grant().username])
})

test('a device goes over to what the staff gives it', async (t) => {
  const { connect, onlineWith, second } = await setup(t, { source: 'operator', phoneNumber: null })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [second.grant().username])
})

test('an access that is moved to one device after the other throws none of them offline', async (t) => {
  const { connect, onlineWith, second, first, run } = await setup(t, { macAddress: '02:00:00:00:00:77' })
  await connect()
  run(resumeGrant, { grantId: second.grantId, macAddress: MAC, askedFrom: '10.5.50.66' })
  assert.equal((await connect()).kind, 'snooze')
  assert.deepEqual(onlineWith(), [first.grant().username])
  run(resumeGrant, { grantId: second.grantId, macAddress: MAC, askedFrom: MINE })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [second.grant().username])
})

test('a device that waits at the door is let in with what anybody bought for it, whatever was last heard of it', async (t) => {
  const { connect, onlineWith, second, first, gate, router, services } = await setup(t, { askedFrom: MASQUERADES })
  await gate.kick(router, { username: first.grant().username }, services.signal)
  assert.equal(first.sessions()[0]?.stopped_at_ms, null)
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [second.grant().username])
})
