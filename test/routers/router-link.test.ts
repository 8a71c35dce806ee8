import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { RouterError } from '../../src/routers/router-error.ts'
import { RouterLinks } from '../../src/routers/router-links.ts'
import { freePort } from '../flows/free-port.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { type Heard, type Peer, silent, startScriptedRouter, yes } from './scripted-router.ts'

async function setup(t: TestContext, script?: Parameters<typeof startScriptedRouter>[0]) {
  const router = await startScriptedRouter({ connected: closesWhenWeDo, ...script })
  t.after(() => router.stop())
  const clock = new SteppedClock()
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const changed: number[] = []
  const links = new RouterLinks({ clock, log, onChanged: (routerId) => changed.push(routerId) })
  t.after(() => links.stop())
  const aborting = new AbortController()
  const run = (word: string, signal: AbortSignal = aborting.signal) => links.run(router.address, [word], { signal })
  return { router, clock, lines, links, run, changed }
}

/** Like a router. */
const closesWhenWeDo = ({ socket }: Peer) => socket.on('end', () => socket.end())

async function failure(promise: Promise<unknown>): Promise<RouterError> {
  const thrown = await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof RouterError, String(thrown))
  return thrown
}

test('all commands for a router share one connection, opened by the first', async (t) => {
  const { router, run } = await setup(t)
  await Promise.all([run('/one'), run('/two'), run('/three')])
  await run('/four')
  assert.equal(router.peers.length, 1)
  assert.equal(router.heard.length, 4)
})

test('a connection without work is closed after a while, and opened again when there is some', async (t) => {
  const closed = Promise.withResolvers<void>()
  const { router, clock, run } = await setup(t, {
    connected: ({ socket }) =>
      socket.on('end', () => {
        socket.end()
        closed.resolve()
      }),
  })
  await run('/one')
  let isClosed = false
  void closed.promise.then(() => {
    isClosed = true
  })
  let waitedMs = 0
  for (; !isClosed && waitedMs < 120_000; waitedMs += 50) {
    clock.step(50)
    await turn()
  }
  assert.ok(waitedMs >= 90_000 && waitedMs < 120_000, `${waitedMs}`)
  await run('/three')
  assert.equal(router.peers.length, 2)
})

test('a connection that the router closed meanwhile is replaced', async (t) => {
  const { router, run } = await setup(t)
  await run('/one')
  const gone = new Promise((resolve) => router.peers[0]?.socket.once('close', resolve))
  router.peers[0]?.socket.end()
  await gone
  await run('/two')
  assert.equal(router.peers.length, 2)
})

test('no more than sixteen commands are on the way; the others wait their turn', async (t) => {
  const waiting: Heard[] = []
  const { router, run } = await setup(t, { act: (command) => waiting.push(command) })
  const answers = Array.from({ length: 20 }, (_, index) => run(`/number-${index}`))
  await router.whenHeard(16)
  assert.equal(router.heard.length, 16)
  for (let served = 0; served < 20; served += 1) {
    await router.whenHeard(served + 1)
    yes(waiting[served] as Heard)
  }
  await Promise.all(answers)
  assert.deepEqual(
    router.heard.map(({ words }) => words[0]),
    Array.from({ length: 20 }, (_, index) => `/number-${index}`),
  )
})

test('a router that could not be reached is not tried again for a while: that costs nothing', async (t) => {
  let down = true
  let logins = 0
  const { clock, lines, run, changed } = await setup(t, {
    login(login) {
      logins += 1
      if (down) login.peer.socket.resetAndDestroy()
      else yes(login)
    },
  })
  assert.equal((await failure(run('/one'))).kind, 'network')
  const fast = await failure(run('/two'))
  assert.deepEqual([fast.kind, fast.sent], ['network', false])
  assert.match(fast.message, /not tried again yet/)
  assert.equal(logins, 1)

  clock.step(2_000)
  await failure(run('/three'))
  assert.equal(logins, 2)
  clock.step(3_999)
  await failure(run('/four'))
  assert.equal(logins, 2)

  down = false
  clock.step(1)
  await run('/five')
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['the router cannot be reached', 'the router can be reached again'],
  )
  assert.deepEqual(changed, [1])
})

test('while one caller finds out whether the router is back, the others do not wait', async (t) => {
  let act: (login: Heard) => void = ({ peer }) => peer.socket.resetAndDestroy()
  const { clock, run } = await setup(t, { login: (login) => act(login) })
  await failure(run('/one'))
  clock.step(2_000)
  const asked = Promise.withResolvers<Heard>()
  act = asked.resolve
  const probe = run('/two')
  assert.match((await failure(run('/three'))).message, /not tried again yet/)
  yes(await asked.promise)
  await probe
  await run('/four')
})

test('a router whose connections break again and again is left alone for a while, one that says no is not', async (t) => {
  let act: (command: Heard) => void = ({ peer }) => peer.socket.end()
  const { router, run } = await setup(t, { act: (command) => act(command) })
  for (let time = 0; time < 3; time += 1) await failure(run('/breaks'))
  assert.match((await failure(run('/breaks'))).message, /not tried again yet/)
  assert.equal(router.peers.length, 3)

  const refusing = await setup(t, {
    act(command) {
      command.peer.say(command, '!trap', '=message=no such item')
      yes(command)
    },
  })
  act = silent
  for (let time = 0; time < 5; time += 1) assert.equal((await failure(refusing.run('/no'))).kind, 'trap')
  assert.equal(refusing.router.peers.length, 1)
})

test('many commands on one broken connection count once', async (t) => {
  const { router, run } = await setup(t, {
    act: (command) =>
      router.peers.length === 1 ? router.heard.length === 5 && command.peer.socket.end() : yes(command),
  })
  await Promise.all(Array.from({ length: 5 }, () => failure(run('/breaks'))))
  await run('/works')
  assert.equal(router.peers.length, 2)
})

test('who gives up is told at once whether the router may have done it, and the others go on', async (t) => {
  const { router, run } = await setup(t, { act: (command) => command.words[0] === '/quick' && yes(command) })
  const aborting = new AbortController()
  const slow = failure(run('/slow', aborting.signal))
  await router.whenHeard(1)
  aborting.abort()
  assert.deepEqual([(await slow).kind, (await slow).sent], ['closed', true])
  assert.deepEqual([(await failure(run('/late', aborting.signal))).sent], [false])
  await run('/quick')
  assert.equal(router.peers.length, 1)
})

test('who gives up before the command was sent does not have it sent later', async (t) => {
  const asked = Promise.withResolvers<Heard>()
  const { router, run } = await setup(t, { login: asked.resolve })
  const aborting = new AbortController()
  const early = failure(run('/early', aborting.signal))
  const login = await asked.promise
  aborting.abort()
  assert.equal((await early).sent, false)
  yes(login)
  await run('/next')
  assert.deepEqual(
    router.heard.map(({ words }) => words[0]),
    ['/next'],
  )
})

test('a router with a new password or address is reached in the new way at once', async (t) => {
  const logins: string[] = []
  const { router, links } = await setup(t, {
    login(command) {
      logins.push(command.words[2] ?? '')
      if (command.words[2] === '=password=secret') command.peer.say(command, '!trap', '=message=cannot log in')
      yes(command)
    },
  })
  const { signal } = new AbortController()
  assert.equal((await failure(links.run(router.address, ['/one'], { signal }))).kind, 'auth')
  await links.run({ ...router.address, password: 'new' }, ['/two'], { signal })
  assert.deepEqual(logins, ['=password=secret', '=password=new'])
})

test('stopping ends what is under way, and refuses the rest', async (t) => {
  const { router, links, run } = await setup(t, { act: silent })
  const pending = failure(run('/pending'))
  await router.whenHeard(1)
  await links.stop()
  await links.stop()
  assert.deepEqual([(await pending).kind, (await pending).sent], ['closed', true])
  assert.equal((await failure(run('/late'))).sent, false)
})

test('stopping does not wait for a connection that is only being opened', async (t) => {
  const asked = Promise.withResolvers<Heard>()
  const { links, run } = await setup(t, { login: asked.resolve })
  const opening = failure(run('/one'))
  await asked.promise
  await links.stop()
  assert.deepEqual([(await opening).kind, (await opening).sent], ['closed', false])
})

test('a connection that goes dead without a word is noticed within seven seconds, though nobody has a command for it', async (t) => {
  const { clock, run, changed, router } = await setup(t, {
    act: (command) => command.words[0] === '/one' && yes(command),
  })
  await run('/one')
  clock.step(4_000)
  await router.whenHeard(2)
  clock.step(2_999)
  await turn()
  assert.deepEqual(changed, [])
  clock.step(1)
  await turn()
  assert.deepEqual(changed, [1])
})

test('a connection that the router ends is worth a look, one that we end is not, nor one that never worked', async (t) => {
  const { run, changed, router, links } = await setup(t)
  await run('/one')
  const gone = new Promise((resolve) => router.peers[0]?.socket.once('close', resolve))
  router.peers[0]?.socket.end()
  await gone
  await turn()
  assert.deepEqual(changed, [1])
  await run('/two')
  await links.stop()
  assert.deepEqual(changed, [1])

  const never = await setup(t, { act: ({ peer }) => peer.socket.end() })
  await failure(never.run('/one'))
  assert.deepEqual(never.changed, [])
})

test('a router that was away is noticed within seconds of its return, and tried at once', async (t) => {
  const { clock, links, changed, router } = await setup(t)
  const address = { ...router.address, port: await freePort() }
  const run = (word: string) => links.run(address, [word], { signal: new AbortController().signal })
  // By the end the circuit breaker would let one try every half minute.
  for (let passedMs = 0; passedMs < 120_000; passedMs += 3_000) {
    await failure(run('/away'))
    clock.step(3_000)
    await refused(address.port)
  }
  assert.deepEqual(changed, [])
  assert.match((await failure(run('/away'))).message, /not tried again yet/)

  const back = await startScriptedRouter({ port: address.port, connected: closesWhenWeDo })
  t.after(() => back.stop())
  let waitedMs = 0
  for (; changed.length === 0; waitedMs += 50) {
    clock.step(50)
    await turn()
  }
  assert.deepEqual(changed, [1])
  assert.ok(waitedMs < 30_000, `${waitedMs}`)
  await run('/back')
  assert.equal(back.heard.length, 1)
  assert.deepEqual(changed, [1, 1])
})

test('a router that takes connections only to close them is away until it keeps one', async (t) => {
  let isShut = true
  const { clock, run, changed, router } = await setup(t, {
    connected: ({ socket }) => (isShut ? socket.resetAndDestroy() : socket.on('end', () => socket.end())),
  })
  await failure(run('/one'))
  const knock = async () => {
    const before = router.peers.length
    clock.step(3_000)
    while (router.peers.length === before) await turn()
    await once(router.peers.at(-1)?.socket as Socket, 'close')
    clock.step(250)
    await turn()
  }
  await knock()
  await knock()
  assert.deepEqual(changed, [])
  isShut = false
  for (; changed.length === 0; clock.step(50)) await turn()
  await run('/two')
})

test('a router that takes connections and breaks them is not taken for one that has come back', async (t) => {
  const { clock, run, changed, router } = await setup(t, { login: ({ peer }) => peer.socket.resetAndDestroy() })
  for (let time = 1; time <= 5; time += 1) {
    await failure(run('/one'))
    const before = router.peers.length
    // As long as the circuit breaker waits at most.
    clock.step(30_000)
    while (router.peers.length === before) await turn()
    for (; !router.peers.at(-1)?.socket.closed; clock.step(50)) await turn()
  }
  assert.deepEqual(changed, [])
})

test('nobody knocks for ever at a router that nobody asks for any more', async (t) => {
  const { clock, run, router } = await setup(t, { connected: ({ socket }) => socket.resetAndDestroy() })
  await failure(run('/one'))
  const knocks = async () => {
    const before = router.peers.length
    clock.step(3_000)
    // What comes before it has been taken by then.
    const visitor = connect(router.address.port, '127.0.0.1').on('error', () => {})
    await new Promise((resolve) => visitor.once('close', resolve))
    await turn()
    return router.peers.length - before - 1
  }
  let count = 0
  while ((await knocks()) > 0) {
    count += 1
    assert.ok(count < 150, 'it is knocked at for ever')
  }
  // As long as it takes until somebody asks for one that is still ours.
  assert.ok(count >= 40, `${count}`)
  await failure(run('/two'))
  assert.equal(await knocks(), 1)
})

/** Resolves when a connection that is tried now was refused: those that were tried before it are by then, too. */
async function refused(port: number): Promise<void> {
  await once(connect(port, '127.0.0.1'), 'error')
  await turn()
}
