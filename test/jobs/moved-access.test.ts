import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createHotspotUser } from '../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import { readLocalUsage } from '../../jobs/session-management/read-local-usage.ts'
import type { GrantOrder } from '../../src/access/grant-order.ts'
import { pauseGrant } from '../../src/access/pause.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { openStay } from '../access/stay.ts'
import { MAC, PHONE } from '../billing/purchase.ts'
import { openJobHouse } from './job-house.ts'

const [SECOND, THIRD] = ['02:00:00:00:00:72', '02:00:00:00:00:73']

/** An access that is used at a router which knows its users itself, and tells of no sessions. */
async function setup(t: TestContext, bought: Partial<GrantOrder> = {}) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' }, { clock: house.clock })
  const check = { online: true, uptimeSeconds: 1_000, version: null, model: null } as const
  house.run(noteCheck, { routerId, interimIntervalSeconds: 300, check })
  const stay = openStay(house, { source: 'payment', phoneNumber: PHONE, routerId, ...bought })
  const connect = async () => (await house.runJob(createHotspotUser, { grantId: stay.grantId })).kind
  const moveTo = (macAddress: string) => {
    simulator.join(macAddress)
    return house.run(resumeGrant, { grantId: stay.grantId, macAddress }).outcome
  }
  const devices = () => simulator.active().map(({ macAddress }) => macAddress)
  moveTo(MAC)
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices(), [MAC])
  return { ...house, simulator, stay, connect, moveTo, devices }
}

test('an access that is moved takes the earlier device off a router that knows its users itself', async (t) => {
  const { connect, moveTo, devices, stay, clock } = await setup(t)
  clock.step(600_000)
  assert.equal(moveTo(SECOND), 'resumed')
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices(), [SECOND])
  assert.equal(stay.grant().expiresAtMs - clock.nowMs(), 3_000_000)
})

test('it takes nobody off for a device that is not there, however often the access is brought to it', async (t) => {
  const { connect, devices, stay, simulator } = await setup(t)
  const { username, password } = stay.grant()
  simulator.leave(MAC)
  simulator.join(SECOND)
  assert.deepEqual(await simulator.logInByForm(SECOND, { username, password }), { ok: true })
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices(), [SECOND])
  assert.deepEqual(simulator.kicks, [])
})

test('nor does a router that asks RADIUS, until the device is there', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  const stay = openStay(house, { source: 'payment', phoneNumber: PHONE, routerId })
  const connect = () => house.runJob(createHotspotUser, { grantId: stay.grantId })
  stay.account({ status: 'start', macAddress: SECOND })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(house.facts('session.expired'), [])
  simulator.join(MAC)
  await connect()
  assert.equal(house.facts('session.expired').length, 1)
  assert.notEqual(house.value('SELECT gave_way_at_ms FROM sessions'), null)
})

test('and only as many as make room, those that came first', async (t) => {
  const { connect, moveTo, devices } = await setup(t, { deviceLimit: 2 })
  moveTo(SECOND)
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices().sort(), [SECOND, MAC].sort())
  moveTo(THIRD)
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices().sort(), [SECOND, THIRD].sort())
})

test('an access that stands still while nobody is online goes on at the device to which it is moved', async (t) => {
  const { connect, moveTo, devices, stay, clock, runJob, run } = await setup(t, { pausesOffline: true, pausable: true })
  await runJob(readLocalUsage, {})
  clock.step(600_000)
  run(pauseGrant, { grantId: stay.grantId, byOperator: false })
  assert.notEqual(stay.grant().pausedAtMs, null)
  clock.step(7_200_000)
  assert.equal(moveTo(SECOND), 'resumed')
  assert.equal(await connect(), 'done')
  assert.deepEqual(devices(), [SECOND])
  await runJob(readLocalUsage, {})
  assert.equal(stay.grant().pausedAtMs, null)
  clock.step(600_000)
  assert.equal(stay.grant().expiresAtMs - clock.nowMs(), 2_400_000)
})
