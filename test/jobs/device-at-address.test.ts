import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createHotspotUser } from '../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import type { GrantOrder } from '../../src/access/grant-order.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { openStay } from '../access/stay.ts'
import { MAC, PHONE } from '../billing/purchase.ts'
import { openJobHouse } from './job-house.ts'

const MINE = '10.5.50.7'
const OLD_MAC = '02:00:00:00:00:77'

/** A device waits at the door; the address of the portal was typed on it, so that no router has said which one it is. */
async function setup(t: TestContext, change: Partial<GrantOrder> = {}) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  simulator.join(MAC, MINE)
  const bought = { source: 'payment', phoneNumber: PHONE, macAddress: null, askedFrom: MINE, ...change } as const
  const stay = openStay(house, { routerId, ...bought })
  const connect = () => house.runJob(createHotspotUser, { grantId: stay.grantId })
  const onlineWith = () => simulator.active().map(({ username, macAddress }) => [macAddress, username])
  return { ...house, routerId, simulator, stay, connect, onlineWith }
}

test('who types the portal’s address and pays is online: the router says which device has that address', async (t) => {
  const { connect, onlineWith, stay } = await setup(t)
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [[MAC, stay.grant().username]])
  assert.equal(stay.grant().macAddress, MAC)
})

test('also at a site with several routers, whichever it is behind', async (t) => {
  const { connect, onlineWith, stay, openRouter, db, routerId } = await setup(t)
  const other = await openRouter({ accessMode: 'local' })
  other.simulator.join(OLD_MAC)
  db.prepare('UPDATE grants SET router_id = NULL').run()
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [[MAC, stay.grant().username]])
  assert.equal(stay.grant().routerId, routerId)
})

test('an address that no router knows, or that all share, connects nobody, and the code stands', async (t) => {
  for (const askedFrom of ['10.5.50.99', '127.0.0.1']) {
    const { connect, onlineWith, stay } = await setup(t, { askedFrom })
    assert.equal((await connect()).kind, 'done')
    assert.deepEqual(onlineWith(), [])
    assert.equal(stay.grant().macAddress, null)
    assert.notEqual(stay.grant().userCreatedAtMs, null)
  }
})

test('a device whose row goes in the same instant, because what it had is over, is known all the same', async (t) => {
  const { connect, onlineWith, stay, gate, db, simulator, routerId, services } = await setup(t)
  const router = routerById(db, routerId)
  const address = router && routerAddress(router)
  assert.ok(address)
  simulator.faults.phonesSilent = true
  await gate.kick(address, { username: 'before', macAddress: MAC }, services.signal)
  assert.equal((await connect()).kind, 'snooze')
  assert.equal(stay.grant().macAddress, MAC)
  simulator.sendPacket(MAC)
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [[MAC, stay.grant().username]])
})

test('while the router does not answer, the SMS goes out, and the device is looked for again', async (t) => {
  const { connect, simulator, jobs, db } = await setup(t)
  db.prepare("UPDATE routers SET access_mode = 'radius'").run()
  simulator.faults.apiDown = true
  assert.equal((await connect()).kind, 'offline')
  assert.equal(jobs('send-credentials-sms').length, 1)
})

test('a code that is typed on such a device moves its access there, not to the device that had it', async (t) => {
  const { connect, onlineWith, stay, simulator, run } = await setup(t, { macAddress: OLD_MAC })
  simulator.join(OLD_MAC)
  run(resumeGrant, { grantId: stay.grantId, macAddress: null, askedFrom: MINE })
  assert.equal((await connect()).kind, 'done')
  assert.deepEqual(onlineWith(), [[MAC, stay.grant().username]])
  assert.equal(stay.grant().macAddress, MAC)
})

test('what is bought for another device, as for a TV, is that one’s, whatever it is bought on', async (t) => {
  const { connect, onlineWith, stay, simulator } = await setup(t, { macAddress: OLD_MAC })
  simulator.join(OLD_MAC)
  await connect()
  assert.deepEqual(onlineWith(), [[OLD_MAC, stay.grant().username]])
})
