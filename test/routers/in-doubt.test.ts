import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openRouterGate } from '../../src/routers/routeros-gate.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { type Heard, startScriptedRouter, yes } from './scripted-router.ts'

type Rows = Record<string, string>[]
type Answer = Rows | 'cut' | 'silent' | { trap: string }

const USER = {
  username: 'K7',
  password: 'secret',
  limitUptimeSeconds: 3600,
  limitBytesTotal: 500,
  comment: 'mlango:g1',
}
const LOGIN = { macAddress: '02:00:00:00:00:01', username: 'K7', password: 'secret' }
const OURS = {
  '.id': '*1',
  name: 'K7',
  comment: 'mlango:g1',
  uptime: '0s',
  'limit-uptime': '1h',
  'limit-bytes-total': '500',
}

/** A router that answers as the list says, in order; what it was asked is in `heard`. */
async function setup(t: TestContext, answers: Answer[]) {
  const left = [...answers]
  const router = await startScriptedRouter({
    act(command) {
      const answer = left.shift()
      if (answer === undefined) throw new Error(`nothing to say to ${command.words[0]}`)
      give(answer, command)
    },
    connected: ({ socket }) => socket.on('end', () => socket.end()),
  })
  const clock = new SteppedClock()
  const gate = openRouterGate({ log: pino({ level: 'silent' }), clock })
  t.after(async () => {
    await gate.stop()
    await router.stop()
  })
  return {
    gate,
    clock,
    router,
    signal: new AbortController().signal,
    heard: () => router.heard.map(({ words }) => words[0]?.replace('/ip/hotspot/', '')),
    left,
  }
}

function give(answer: Answer, command: Heard): void {
  if (answer === 'silent') return
  if (answer === 'cut') return void command.peer.socket.resetAndDestroy()
  if ('trap' in answer) command.peer.say(command, '!trap', `=message=${answer.trap}`)
  else for (const row of answer) command.peer.say(command, '!re', ...Object.entries(row).map(([k, v]) => `=${k}=${v}`))
  yes(command)
}

test('an add whose answer was lost is read back, not repeated', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[], 'cut', [OURS]])
  assert.deepEqual(await gate.ensureUser(router.address, USER, signal), { outcome: 'written' })
  assert.deepEqual(heard(), ['user/print', 'user/add', 'user/print'])
})

test('an add that never arrived is made again', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[], 'cut', [], []])
  assert.deepEqual(await gate.ensureUser(router.address, USER, signal), { outcome: 'written' })
  assert.deepEqual(heard(), ['user/print', 'user/add', 'user/print', 'user/add'])
})

test('a user that is not as we wanted it after a lost answer is set right', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[], 'cut', [{ ...OURS, comment: 'mlango:old' }], [], []])
  assert.deepEqual(await gate.ensureUser(router.address, USER, signal), { outcome: 'written' })
  assert.deepEqual(heard(), ['user/print', 'user/add', 'user/print', 'active/print', 'user/set'])
})

test('a name that exists after all is looked at and set', async (t) => {
  const duplicate = { trap: 'failure: already have user with this name for this server' }
  const { gate, router, signal, heard } = await setup(t, [[], duplicate, [OURS], [], []])
  assert.deepEqual(await gate.ensureUser(router.address, USER, signal), { outcome: 'written' })
  assert.deepEqual(heard(), ['user/print', 'user/add', 'user/print', 'active/print', 'user/set'])
})

test('an add that the router gave up waiting for is read back', async (t) => {
  const busy = {
    trap: 'action timed out - try again, if error continues contact MikroTik support and send a supout file (13)',
  }
  const { gate, router, signal } = await setup(t, [[], busy, [OURS]])
  assert.deepEqual(await gate.ensureUser(router.address, USER, signal), { outcome: 'written' })
})

test('an add without an answer is read back over a new connection', async (t) => {
  const { gate, router, clock, signal } = await setup(t, [[], 'silent', [OURS]])
  const answer = gate.ensureUser(router.address, USER, signal)
  await router.whenHeard(2)
  clock.step(8_000)
  assert.deepEqual(await answer, { outcome: 'written' })
  assert.equal(router.peers.length, 2)
})

test('the time that a user has been online before does not shorten what is left', async (t) => {
  const used = { ...OURS, uptime: '1d2h3m4s', 'bytes-in': '100', 'bytes-out': '200' }
  const { gate, router, signal } = await setup(t, [[used], [], [], [{ ...used, comment: 'mlango:old' }], [], []])
  await gate.ensureUser(router.address, USER, signal)
  await gate.ensureUser(router.address, USER, signal)
  const limits = [2, 5].map((index) => router.heard[index]?.words.filter((word) => word.startsWith('=limit')))
  const uptime = `=limit-uptime=${93_784 + 3600}s`
  assert.deepEqual(limits, [
    [uptime, '=limit-bytes-total=500'],
    // Another grant's data is not taken from this one.
    [uptime, '=limit-bytes-total=800'],
  ])
})

test('a user of one hotspot server only is not ours', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[{ ...OURS, server: 'hotspot2' }], []])
  await gate.ensureUser(router.address, USER, signal)
  assert.deepEqual(heard(), ['user/print', 'user/add'])
})

const HOST = [{ '.id': '*A', 'mac-address': LOGIN.macAddress, address: '10.5.50.20' }]
const ONLINE = [{ '.id': '*A053214', user: 'K7', 'mac-address': LOGIN.macAddress }]

test('a login whose answer was lost counts when the phone is online', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[], HOST, 'cut', ONLINE])
  assert.deepEqual(await gate.logIn(router.address, LOGIN, signal), { outcome: 'online' })
  assert.deepEqual(heard(), ['active/print', 'host/print', 'active/login', 'active/print'])
})

test('a login whose answer was lost is unreachable when the phone is not online', async (t) => {
  const { gate, router, signal } = await setup(t, [[], HOST, 'cut', []])
  assert.equal((await gate.logIn(router.address, LOGIN, signal)).outcome, 'unreachable')
})

test("a login that came second, after the phone's own, counts", async (t) => {
  const { gate, router, signal } = await setup(t, [[], HOST, { trap: 'already authorizing, retry later' }, ONLINE])
  assert.deepEqual(await gate.logIn(router.address, LOGIN, signal), { outcome: 'online' })
})

test('a phone that left between two looks is not here', async (t) => {
  const { gate, router, signal } = await setup(t, [[], HOST, { trap: 'unknown host IP 10.5.50.20' }])
  assert.deepEqual(await gate.logIn(router.address, LOGIN, signal), { outcome: 'not-here' })
})

test('a session that shows only after a moment counts; one that never shows does not', async (t) => {
  const { gate, router, clock, signal } = await setup(t, [[], HOST, [], [], ONLINE])
  const answer = gate.logIn(router.address, LOGIN, signal)
  await router.whenHeard(4)
  await stepUntil(clock, answer)
  assert.deepEqual(await answer, { outcome: 'online' })

  const never = await setup(t, [[], HOST, [], [], [], [], [], [], []])
  const refused = never.gate.logIn(never.router.address, LOGIN, signal)
  await stepUntil(never.clock, refused)
  assert.equal((await refused).outcome, 'refused')
})

/** Time goes by until it is settled. */
async function stepUntil(clock: SteppedClock, promise: Promise<unknown>): Promise<void> {
  let settled = false
  promise.finally(() => {
    settled = true
  })
  for (let turn = 0; !settled && turn < 10_000; turn += 1) {
    clock.step(1)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a kick whose answer was lost is looked at again', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[], ONLINE, 'cut', [], [], [], [], [], []])
  assert.deepEqual(await gate.kick(router.address, { username: 'K7' }, signal), { outcome: 'kicked' })
  const look = ['cookie/print', 'active/print', '/ppp/active/print']
  const row = ['active/print', 'host/print']
  assert.deepEqual(heard(), [...look.toSpliced(2, 0, 'active/remove'), ...look, ...row])
})

test('a session that ended by itself is as good as kicked', async (t) => {
  const { gate, router, signal } = await setup(t, [[], ONLINE, { trap: 'no such item (4)' }, [], [], [], [], [], []])
  assert.deepEqual(await gate.kick(router.address, { username: 'K7' }, signal), { outcome: 'kicked' })
})

test('cookies go before sessions, and a phone that slips back in is kicked again', async (t) => {
  const cookie = [{ '.id': '*C', user: 'K7' }]
  const { gate, router, signal, heard } = await setup(t, [
    cookie,
    [],
    ONLINE,
    [],
    [],
    [],
    ONLINE,
    [],
    [],
    [],
    [],
    [],
    [],
    [],
  ])
  assert.deepEqual(await gate.kick(router.address, { username: 'K7' }, signal), { outcome: 'kicked' })
  assert.deepEqual(heard().slice(0, 7), [
    'cookie/print',
    'cookie/remove',
    'active/print',
    'active/remove',
    '/ppp/active/print',
    'cookie/print',
    'active/print',
  ])
})

test('a phone that comes back every time is not said to be kicked', async (t) => {
  const round: Answer[] = [[], ONLINE, [], []]
  const { gate, router, signal } = await setup(t, [...round, ...round, ...round, [], ONLINE, []])
  assert.equal((await gate.kick(router.address, { username: 'K7' }, signal)).outcome, 'refused')
})

test('a look is repeated once when the kept connection turns out to be dead', async (t) => {
  const { gate, router, signal } = await setup(t, ['cut', [], [], []])
  assert.deepEqual(await gate.kick(router.address, { username: 'K7' }, signal), { outcome: 'not-online' })
})

test('a kick that the account may not do is refused, for waiting would not help', async (t) => {
  const { gate, router, signal } = await setup(t, [[], ONLINE, { trap: 'not enough permissions (9)' }])
  assert.deepEqual(await gate.kick(router.address, { username: 'K7' }, signal), {
    outcome: 'refused',
    message: 'not enough permissions (9)',
  })
})

test('a removal whose answer was lost is looked at again, and a user that is not ours is not touched', async (t) => {
  const { gate, router, signal, heard } = await setup(t, [[OURS], 'cut', [], [{ ...OURS, comment: 'owner' }]])
  assert.deepEqual(await gate.removeUser(router.address, 'K7', signal), { outcome: 'removed' })
  assert.deepEqual(await gate.removeUser(router.address, 'K7', signal), { outcome: 'not-there' })
  assert.deepEqual(heard(), ['user/print', 'user/remove', 'user/print', 'user/print'])
})
