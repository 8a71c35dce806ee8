import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw } from '../simulators/router/raw-api-client.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { LOGIN, MAC, openGateHouse, USER } from './gate-house.ts'

const { username, password } = USER

for (const version of ['6.49.17', '7.17.2', '7.20.8', '7.24']) {
  test(`a user is written, the phone logged in and taken off again, on ${version}`, async (t) => {
    const { router, gate, address, signal } = await openGateHouse(t, { version })
    router.join(MAC)
    assert.deepEqual(await gate.ensureUser(address, USER, signal), { outcome: 'written' })
    assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'online' })
    const [session] = router.active()
    assert.equal(session?.username, username)
    assert.equal(session?.totalLimitBytes, 1_000_000)
    assert.deepEqual(await gate.kick(address, { username, macAddress: MAC }, signal), { outcome: 'kicked' })
    assert.equal(router.isOnline(MAC), false)
    assert.deepEqual(await gate.kick(address, { username }, signal), { outcome: 'not-online' })
  })
}

test('a user that stands already is not added again, and nothing is sent empty', async (t) => {
  const { router, gate, address, signal, changes } = await openGateHouse(t)
  await gate.ensureUser(address, USER, signal)
  await gate.ensureUser(address, { username, password: 'new', comment: 'mlango:g1' }, signal)
  assert.deepEqual(changes(), ['/ip/hotspot/user/add', '/ip/hotspot/user/set'])
  assert.ok(router.commands.flat().every((word) => !word.endsWith('=')))
  router.join(MAC)
  assert.deepEqual(await gate.logIn(address, { ...LOGIN, password: 'new' }, signal), { outcome: 'online' })
})

test('time that is bought while the phone is online comes on top of the time that it has been online', async (t) => {
  const clock = new SteppedClock()
  const { router, gate, address, signal } = await openGateHouse(t, { clock })
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  clock.step(50 * 60_000)
  await gate.ensureUser(address, { ...USER, limitUptimeSeconds: 70 * 60 }, signal)
  router.leave(MAC)
  router.join(MAC)
  await router.logInByForm(MAC, { username, password })
  assert.equal(router.active()[0]?.sessionTimeoutSeconds, 70 * 60)
})

test('a user that somebody made by hand is not taken over by a customer of the same name', async (t) => {
  const { router, gate, address, signal, changes } = await openGateHouse(t)
  const operator = await connectRaw(router.apiPort)
  await operator.ask('/login', '=name=mlango', '=password=mlango')
  await operator.ask('/ip/hotspot/user/add', `=name=${username}`, '=password=his', '=comment=the owner')
  const before = changes().length
  assert.deepEqual(await gate.ensureUser(address, USER, signal), {
    outcome: 'refused',
    message: `the router has a user ${username} that is not ours`,
  })
  assert.equal(changes().length, before)
  operator.close()
})

test('two phones of one user have the whole time each', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  await gate.ensureUser(address, { ...USER, terms: { downKbps: null, upKbps: null, deviceLimit: 2 } }, signal)
  assert.ok(router.commands.some((words) => words.includes('=limit-uptime=7200s')))
})

test('a limit that is not wanted any more is taken away', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.ensureUser(address, { username, password, comment: USER.comment }, signal)
  await gate.logIn(address, LOGIN, signal)
  const [session] = router.active()
  assert.deepEqual([session?.sessionTimeoutSeconds, session?.totalLimitBytes || undefined], [undefined, undefined])
})

test('every print asks for the id of its rows', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.logIn(address, LOGIN, signal)
  await gate.kick(address, { username }, signal)
  const prints = router.commands.filter(([path]) => path?.endsWith('/print'))
  assert.ok(prints.length > 5)
  for (const words of prints)
    assert.ok(
      words.some((word) => word.startsWith('=.proplist=.id,')),
      words.join(' '),
    )
})

test('a phone that is not on the WiFi is not here', async (t) => {
  const { gate, address, signal, changes } = await openGateHouse(t)
  await gate.ensureUser(address, USER, signal)
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'not-here' })
  assert.deepEqual(changes(), ['/ip/hotspot/user/add'])
})

test('a phone that is online as the same user stays as it is', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await router.logInByForm(MAC, { username, password })
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), { outcome: 'online' })
  assert.deepEqual(
    router.logins.map(({ by }) => by),
    ['form'],
  )
})

test('a phone that is online with its last package goes over to the new one', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  await gate.ensureUser(address, USER, signal)
  await gate.ensureUser(address, { ...USER, username: 'NEW1', comment: 'mlango:g2' }, signal)
  await gate.logIn(address, LOGIN, signal)
  assert.deepEqual(await gate.logIn(address, { ...LOGIN, username: 'NEW1' }, signal), { outcome: 'online' })
  assert.deepEqual(
    router.active().map((session) => session.username),
    ['NEW1'],
  )
})

test('a login that the router does not allow is refused, with its reason', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.join(MAC)
  assert.deepEqual(await gate.logIn(address, LOGIN, signal), {
    outcome: 'refused',
    message: 'invalid username or password',
  })
})

test('a router that is down is unreachable, not an exception', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.faults.apiDown = true
  const answers = [
    await gate.ensureUser(address, USER, signal),
    await gate.logIn(address, LOGIN, signal),
    await gate.kick(address, { username }, signal),
  ]
  for (const answer of answers) {
    assert.ok(answer.outcome === 'unreachable')
    assert.match(answer.error.message, /^router 127\.0\.0\.1:\d+: /)
    assert.equal(answer.error.sent, false)
  }
})

test('a wrong API password is refused, for waiting would not help', async (t) => {
  const { gate, address, signal } = await openGateHouse(t)
  const answer = await gate.ensureUser({ ...address, password: 'wrong' }, USER, signal)
  assert.ok(answer.outcome === 'refused')
  assert.match(answer.message, /refused our login/)
})

test('an account without the right to write is refused by name', async (t) => {
  const { gate, address, signal } = await openGateHouse(t, { policies: ['api', 'read'] })
  assert.deepEqual(await gate.ensureUser(address, USER, signal), {
    outcome: 'refused',
    message: 'not enough permissions (9)',
  })
})

test('the speed and the devices of a package are a profile of their own, made once', async (t) => {
  const { router, gate, address, signal, changes } = await openGateHouse(t)
  const terms = { downKbps: 2048, upKbps: 512, deviceLimit: 2 }
  await gate.ensureUser(address, { ...USER, terms }, signal)
  await gate.ensureUser(address, { ...USER, username: 'ZZZZ', terms }, signal)
  assert.deepEqual(changes(), ['/ip/hotspot/user/profile/add', '/ip/hotspot/user/add', '/ip/hotspot/user/add'])
  router.join(MAC)
  await gate.logIn(address, LOGIN, signal)
  assert.equal(router.active()[0]?.rateLimit, '512k/2048k')
})

test('a user is removed once; that it is gone is fine', async (t) => {
  const { gate, address, signal } = await openGateHouse(t)
  await gate.ensureUser(address, USER, signal)
  assert.deepEqual(await gate.removeUser(address, username, signal), { outcome: 'removed' })
  assert.deepEqual(await gate.removeUser(address, username, signal), { outcome: 'not-there' })
})

test('answers that are lost every time are unreachable in the end', async (t) => {
  const { router, gate, address, signal } = await openGateHouse(t)
  router.faults.apiAnswersLost = true
  const answer = await gate.ensureUser(address, USER, signal)
  assert.equal(answer.outcome, 'unreachable')
})

test('a caller who has given up is told so, not thrown at', async (t) => {
  const { router, gate, address } = await openGateHouse(t)
  const stopped = AbortSignal.abort()
  for (const answer of [
    await gate.ensureUser(address, USER, stopped),
    await gate.logIn(address, LOGIN, stopped),
    await gate.kick(address, { username }, stopped),
  ]) {
    assert.equal(answer.outcome, 'unreachable')
  }
  assert.deepEqual(router.commands, [])
})

test('after stop every call is unreachable, and stop may be called twice', async (t) => {
  const { gate, address, signal } = await openGateHouse(t)
  await gate.ensureUser(address, USER, signal)
  await gate.stop()
  await gate.stop()
  assert.equal((await gate.ensureUser(address, USER, signal)).outcome, 'unreachable')
})
