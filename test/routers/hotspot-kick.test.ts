import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { connectRaw } from '../simulators/router/raw-api-client.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { type GateHouse, LOGIN, MAC, openGateHouse, USER } from './gate-house.ts'

const { username, password } = USER

const hostIds = async ({ gate, address, signal }: GateHouse) => {
  const hosts = await gate.speak(address, signal).look(['/ip/hotspot/host/print', '=.proplist=.id'])
  return hosts.map((host) => host['.id'])
}

test('a kick of one phone leaves the others of the same user online', async (t) => {
  const other = '02:00:00:00:00:02'
  const { router, gate, address, signal } = await openGateHouse(t)
  await gate.ensureUser(address, USER, signal)
  const operator = await connectRaw(router.apiPort)
  await operator.ask('/login', '=name=mlango', '=password=mlango')
  await operator.ask('/ip/hotspot/user/profile/set', '=numbers=default', '=shared-users=2')
  operator.close()
  for (const macAddress of [MAC, other]) {
    router.join(macAddress)
    assert.deepEqual(await gate.logIn(address, { ...LOGIN, macAddress }, signal), { outcome: 'online' })
  }
  assert.deepEqual(await gate.kick(address, { username, macAddress: MAC }, signal), { outcome: 'kicked' })
  assert.deepEqual([router.isOnline(MAC), router.isOnline(other)], [false, true])
})

test('a kicked phone does not come back by its cookie', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  await gate.kick(address, { username }, signal)
  router.leave(MAC)
  router.join(MAC)
  assert.equal(router.isOnline(MAC), false)
  assert.ok(router.logins.every(({ by }) => by === 'api'))
})

test('a kick takes session, cookie and host row, and looks whether they are gone', async (t) => {
  const house = await openGateHouse(t)
  const { router, gate, address, signal } = house
  router.faults.phonesSilent = true
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  const from = router.commands.length
  assert.deepEqual(await gate.kick(address, { username }, signal), { outcome: 'kicked' })
  const asked = router.commands.slice(from).map(([path = '']) => path)
  for (const menu of ['active', 'cookie', 'host']) {
    const removed = asked.lastIndexOf(`/ip/hotspot/${menu}/remove`)
    assert.ok(removed >= 0, menu)
    assert.ok(asked.lastIndexOf(`/ip/hotspot/${menu}/print`) > removed, menu)
  }
  assert.deepEqual(await hostIds(house), [])
})

test('a phone whose row is back before we look again is kicked all the same', async (t) => {
  const house = await openGateHouse(t)
  const { router, gate, address, signal } = house
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  const [before] = await hostIds(house)
  const { commands } = router
  const kicked = gate.kick(address, { username }, signal)
  while (!commands.some(([path]) => path === '/ip/hotspot/host/remove')) await gate.online(address, signal)
  router.sendPacket(MAC)
  assert.deepEqual(await kicked, { outcome: 'kicked' })
  const after = await hostIds(house)
  assert.equal(after.length, 1)
  assert.notEqual(after[0], before)
})

test('a router that keeps the host row says so', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  router.faults.refuse['/ip/hotspot/host/remove'] = 'not enough permissions (9)'
  const answer = await gate.kick(address, { username }, signal)
  assert.deepEqual(answer, { outcome: 'refused', message: 'not enough permissions (9)' })
})

test('a phone that has been let in with something else meanwhile keeps its row and its session', async (t) => {
  const house = await openGateHouse(t)
  const { router, gate, address, signal } = house
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.ensureUser(address, { ...USER, username: 'NEW1', comment: 'mlango:g2' }, signal)
  await router.logInByForm(MAC, { username: 'NEW1', password })
  const [before] = await hostIds(house)
  assert.deepEqual(await gate.kick(address, { username, macAddress: MAC }, signal), { outcome: 'not-online' })
  assert.deepEqual(await hostIds(house), [before])
  assert.equal(router.active()[0]?.username, 'NEW1')
})

test('a phone that is just being logged in keeps its row while its last access is taken off', async (t) => {
  // Nobody answers there: the router asks for as long as it takes.
  const house = await openGateHouse(t, { radius: { host: '127.0.0.1', authPort: 9, acctPort: 9, secret: 'a secret' } })
  const { router, gate, address, signal } = house
  router.join(MAC)
  const before = await hostIds(house)
  const giveUp = new AbortController()
  const newLogin = gate.logIn(address, { ...LOGIN, username: 'NEW1' }, giveUp.signal)
  while (!router.commands.some(([path]) => path === '/ip/hotspot/active/login')) await gate.online(address, signal)
  assert.deepEqual(await gate.kick(address, { username, macAddress: MAC }, signal), { outcome: 'not-online' })
  assert.deepEqual(await hostIds(house), before)
  giveUp.abort()
  await newLogin
})

test('a new login for the sake of its terms keeps the row of the phone', async (t) => {
  const house = await openGateHouse(t)
  const { router, gate, address, signal } = house
  router.faults.phonesSilent = true
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  const [before] = await hostIds(house)
  const who = { username, macAddress: MAC }
  assert.deepEqual(await gate.endSessions(address, who, signal), { outcome: 'kicked' })
  assert.deepEqual(await hostIds(house), [before])
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'online' })
})

test('who buys right after a kick is logged in with the next packet of the phone', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.faults.phonesSilent = true
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  await gate.kick(address, { username }, signal)
  const from = router.commands.length
  const newLogin = gate.logIn(address, LOGIN, signal)
  while (!router.commands.slice(from).some(([path]) => path === '/ip/hotspot/host/print'))
    await gate.online(address, signal)
  router.sendPacket(MAC)
  assert.deepEqual(await newLogin, { outcome: 'online' })
})

test('a phone of which nothing is heard after a kick is waited for a minute and no longer', async (t) => {
  const clock = new SteppedClock()
  const patient = { nowMs: () => clock.nowMs(), after: systemClock.after }
  const { router, gate, address, signal } = await openGateHouse(t, {}, patient)
  router.faults.phonesSilent = true
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  await gate.kick(address, { username }, signal)
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'not-heard' })
  clock.step(61_000)
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'not-here' })
})
