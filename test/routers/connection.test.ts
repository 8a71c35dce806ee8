import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { RouterError } from '../../src/routers/router-error.ts'
import { openConnection, type RouterAddress } from '../../src/routers/routeros-connection.ts'
import { encodeSentence } from '../../src/simulators/router/api/words.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { ROUTER_CERTIFICATE, ROUTER_KEY, STRANGER_CERTIFICATE } from './certificates.ts'
import { silent, startScriptedRouter, yes } from './scripted-router.ts'

type Script = Parameters<typeof startScriptedRouter>[0]

async function setup(t: TestContext, script?: Script) {
  const router = await startScriptedRouter(script)
  t.after(() => router.stop())
  const clock = new SteppedClock()
  const connect = (changes: Partial<RouterAddress> = {}) => openConnection({ ...router.address, ...changes }, { clock })
  return { router, clock, connect }
}

/** What a promise was rejected with, which must be one of ours. */
async function failure(promise: Promise<unknown>): Promise<RouterError> {
  const thrown = await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof RouterError, String(thrown))
  return thrown
}

const brief = ({ kind, sent }: RouterError) => ({ kind, sent })

// Numbers are the rows of the fact sheet's list of defects; 1, 6, 10, 18, 20 and 22 would end the process: survival.test.ts.

for (const [end, kind, happen] of [
  ['FIN', 'closed', (peer) => peer.socket.end()],
  ['RST', 'network', (peer) => peer.socket.resetAndDestroy()],
  ['!fatal', 'closed', (peer) => peer.raw('!fatal', 'session terminated on request')],
] as [string, string, (peer: { socket: Socket; raw(...words: string[]): void }) => void][]) {
  test(`2: a pending command does not hang when the connection goes by ${end}`, async (t) => {
    const { router, connect } = await setup(t, { act: ({ peer }) => happen(peer) })
    const connection = await connect()
    const error = await failure(connection.run(['/ip/hotspot/user/add', '=name=K7']))
    assert.deepEqual(brief(error), { kind, sent: true })
    assert.match(error.message, end === '!fatal' ? /session terminated on request/ : /router 127\.0\.0\.1/)
    assert.equal(connection.alive, false)
    assert.equal(router.heard.length, 1)
  })
}

test('2: a trap that came before the connection went is not lost', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!trap', '=message=no such item')
      command.peer.socket.end()
    },
  })
  const error = await failure((await connect()).run(['/ip/hotspot/user/remove', '=.id=*1']))
  assert.deepEqual([brief(error), error.message], [{ kind: 'trap', sent: false }, 'no such item'])
})

test('3: connecting does not hang when the router closes during login', async (t) => {
  const { connect } = await setup(t, { login: ({ peer }) => peer.socket.end() })
  assert.deepEqual(brief(await failure(connect())), { kind: 'closed', sent: false })
})

test('3: connecting does not hang when the login is never answered', async (t) => {
  const asked = Promise.withResolvers<void>()
  const { clock, connect } = await setup(t, { login: () => asked.resolve() })
  const connecting = failure(connect())
  await asked.promise
  clock.step(5_000)
  assert.deepEqual(brief(await connecting), { kind: 'timeout', sent: false })
})

test('4: an unanswered command does not hang while others are answered', async (t) => {
  const { router, clock, connect } = await setup(t, {
    act: (command) => command.words[0] !== '/slow' && yes(command),
  })
  const connection = await connect()
  const slow = failure(connection.run(['/slow']))
  for (let seconds = 0; seconds < 8; seconds += 1) {
    assert.deepEqual(await connection.run(['/quick']), [])
    clock.step(1_000)
  }
  const error = await slow
  assert.deepEqual(brief(error), { kind: 'timeout', sent: true })
  assert.equal(connection.alive, false)
  assert.equal(router.heard.length, 9)
  assert.deepEqual(brief(await failure(connection.run(['/quick']))), { kind: 'closed', sent: false })
})

test('4: the router hears nothing but our commands while one takes long', async (t) => {
  const { router, clock, connect } = await setup(t, { act: silent })
  const connection = await connect()
  const slow = failure(connection.run(['/slow'], 60_000))
  await router.whenHeard(1)
  clock.step(59_999)
  const last = failure(connection.run(['/last'], 60_000))
  await router.whenHeard(2)
  assert.deepEqual(
    router.heard.map(({ words }) => words),
    [['/slow'], ['/last']],
  )
  clock.step(1)
  assert.deepEqual(
    [brief(await slow), brief(await last)],
    [
      { kind: 'timeout', sent: true },
      { kind: 'closed', sent: true },
    ],
  )
})

test('5: a half-open connection does not hang the commands that are still written to it', async (t) => {
  const { router, clock, connect } = await setup(t, { act: ({ peer }) => peer.socket.pause() })
  const connection = await connect()
  const commands = [failure(connection.run(['/first']))]
  await router.whenHeard(1)
  for (let seconds = 0; seconds < 8; seconds += 1) {
    commands.push(failure(connection.run(['/more'])))
    clock.step(1_000)
  }
  const errors = await Promise.all(commands)
  assert.equal(errors[0]?.kind, 'timeout')
  assert.ok(errors.every(({ sent }) => sent))
})

test('7: closing does not hang on a half-open connection, nor a second time', async (t) => {
  const { clock, connect } = await setup(t)
  const connection = await connect()
  const closing = connection.close()
  clock.step(500)
  await closing
  await connection.close()
  assert.equal(connection.alive, false)
})

test('7: closing a connection whose peer closes too takes no time at all', async (t) => {
  const { connect } = await setup(t, { connected: ({ socket }) => socket.on('end', () => socket.end()) })
  const connection = await connect()
  await connection.run(['/system/identity/print'])
  await connection.close()
  assert.equal(connection.alive, false)
})

test('8: a command on an ended connection is not queued but refused at once', async (t) => {
  const { router, connect } = await setup(t, {
    act: silent,
    connected: ({ socket }) => socket.on('end', () => socket.end()),
  })
  const closedByUs = await connect()
  await closedByUs.close()
  assert.deepEqual(brief(await failure(closedByUs.run(['/late']))), { kind: 'closed', sent: false })

  const closedByRouter = await connect()
  const noticed = failure(closedByRouter.run(['/pending']))
  await router.whenHeard(1)
  router.peers[1]?.socket.destroy()
  await noticed
  assert.deepEqual(brief(await failure(closedByRouter.run(['/late']))), { kind: 'closed', sent: false })
  assert.equal(router.heard.length, 1)
})

test('9: no split of the answer withholds it or loses the place', async (t) => {
  const rows = Array.from({ length: 31 }, (_, index) => ({
    '.id': `*${index.toString(16)}`,
    name: `user-${index}`,
    comment: 'x'.repeat(index * 9),
  }))
  const { connect } = await setup(t, {
    act({ words, tag, peer }) {
      const size = Number(words[1]?.split('=')[2])
      const sentences = rows.map((row) =>
        encodeSentence(['!re', `.tag=${tag}`, ...Object.entries(row).map(([name, value]) => `=${name}=${value}`)]),
      )
      const bytes = Buffer.concat([...sentences, encodeSentence(['!done', `.tag=${tag}`])])
      void inPieces(peer.socket, bytes, size)
    },
  })
  const connection = await connect()
  for (const size of [1, 2, 3, 4, 5, 7, 11, 13, 22, 25, 60, 1000]) {
    assert.deepEqual(await connection.run(['/print', `=size=${size}`]), rows, `pieces of ${size} bytes`)
  }
})

test('9: the last zero byte may come alone', async (t) => {
  const { connect } = await setup(t, {
    act({ tag, peer }) {
      const bytes = encodeSentence(['!done', `.tag=${tag}`, '=ret=*1A'])
      peer.socket.write(bytes.subarray(0, -1), () => setImmediate(() => peer.socket.write(bytes.subarray(-1))))
    },
  })
  assert.deepEqual(await (await connect()).run(['/add']), [{ ret: '*1A' }])
})

test('9: bytes that are no API protocol end the connection instead of the process', async (t) => {
  for (const nonsense of [Buffer.of(0xff, 1, 2), Buffer.of(0xf0, 0xff, 0xff, 0xff, 0xff)]) {
    const { connect } = await setup(t, { act: ({ peer }) => peer.socket.write(nonsense) })
    assert.deepEqual(brief(await failure((await connect()).run(['/print']))), { kind: 'network', sent: true })
  }
})

/** Each piece is read before the next one is written. */
async function inPieces(socket: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise((resolve) => socket.write(bytes.subarray(at, at + size), resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('11: names in any script are not garbled, neither way', async (t) => {
  const name = 'Duka la Wanjikũ 🌍 ዱካ'
  const { router, connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!re', `=name=${command.words[1]?.slice('=name='.length)}`)
      yes(command)
    },
  })
  assert.deepEqual(await (await connect()).run(['/print', `=name=${name}`]), [{ name }])
  assert.deepEqual(router.heard[0]?.words, ['/print', `=name=${name}`])
})

test("12: the caller's words are not changed, so a repeated command does not carry two tags", async (t) => {
  const tags: number[] = []
  const { connect } = await setup(t, {
    connected: ({ socket }) => socket.on('data', (chunk) => tags.push(String(chunk).split('.tag=').length - 1)),
  })
  const connection = await connect()
  const words = ['/system/identity/print']
  await connection.run(words)
  await connection.run(words)
  assert.deepEqual(words, ['/system/identity/print'])
  assert.deepEqual(tags, [1, 1, 1])
})

test('13: no trap is lost, nor its category', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!trap', '=category=0', '=message=no such command or directory (wifi)')
      command.peer.say(command, '!trap', '=message=no such command prefix')
      yes(command)
    },
  })
  const error = await failure((await connect()).run(['/interface/wifi/print']))
  assert.deepEqual(error.traps, [
    { message: 'no such command or directory (wifi)', category: 0 },
    { message: 'no such command prefix' },
  ])
  assert.deepEqual(brief(error), { kind: 'trap', sent: false })
})

test('13: the router that gave up waiting for itself may have done it', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(
        command,
        '!trap',
        '=message=action timed out - try again, if error continues contact MikroTik (13)',
      )
      yes(command)
    },
  })
  assert.deepEqual(brief(await failure((await connect()).run(['/add']))), { kind: 'trap', sent: true })
})

test('14: no error is without a text and a kind', async (t) => {
  const { connect } = await setup(t, { login: ({ peer }) => peer.socket.resetAndDestroy() })
  const reset = await failure(connect())
  assert.match(reset.message, /ECONNRESET|EPIPE/)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as { port: number }
  closed.close()
  await once(closed, 'close')
  const refused = await failure(connect({ port }))
  assert.match(refused.message, /ECONNREFUSED/)
  const unknown = await failure(connect({ host: 'no-such-router.invalid' }))
  assert.match(unknown.message, /no-such-router\.invalid/)
  assert.deepEqual([reset, refused, unknown].map(brief), Array(3).fill({ kind: 'network', sent: false }))
})

test('15: TLS is not dialled on another port than the one given, and a pinned certificate is enough', async (t) => {
  const { connect } = await setup(t, { tls: { key: ROUTER_KEY, cert: ROUTER_CERTIFICATE } })
  assert.deepEqual(await (await connect({ certificate: ROUTER_CERTIFICATE })).run(['/system/identity/print']), [])
  assert.deepEqual(await (await connect()).run(['/system/identity/print']), [])
})

test('16: a certificate other than the pinned one is not accepted', async (t) => {
  const { connect } = await setup(t, { tls: { key: ROUTER_KEY, cert: ROUTER_CERTIFICATE } })
  const error = await failure(connect({ certificate: STRANGER_CERTIFICATE }))
  assert.equal(error.kind, 'network')
  assert.match(error.message, /certificate/)
})

test('16: a router without a certificate, which knows TLS 1.3 too, is not out of reach', async (t) => {
  const { connect } = await setup(t, {
    tls: { ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0', dhparam: 'auto' },
  })
  assert.deepEqual(await (await connect()).run(['/system/identity/print']), [])
})

test('17: what was pending when a connection dropped does not weigh on the next one', async (t) => {
  const { router, clock, connect } = await setup(t, { act: (command) => command.words[0] === '/quick' && yes(command) })
  const first = await connect()
  const cut = failure(first.run(['/pending']))
  await router.whenHeard(1)
  router.peers[0]?.socket.resetAndDestroy()
  await cut
  const second = await connect()
  const slow = failure(second.run(['/slow'], 30_000))
  clock.step(29_999)
  assert.deepEqual(await second.run(['/quick']), [])
  clock.step(1)
  assert.equal((await slow).kind, 'timeout')
})

test('20: an empty password is sent as empty, and a wrong one is told as such', async (t) => {
  const logins: string[][] = []
  const { connect } = await setup(t, {
    login(command) {
      logins.push(command.words)
      if (command.words[2] !== '=password=')
        command.peer.say(command, '!trap', '=message=invalid user name or password (6)')
      yes(command)
    },
  })
  await connect({ password: '' })
  assert.deepEqual(logins, [['/login', '=name=mlango', '=password=']])
  assert.deepEqual(brief(await failure(connect())), { kind: 'auth', sent: false })
})

for (const password of ['secret', 'pässwörd ✓']) {
  test(`20: the login of releases before 6.43 is not answered wrongly (${password})`, async (t) => {
    const simulator = await startRouterSimulator({ oldLogin: true, password })
    t.after(() => simulator.stop())
    const address = {
      routerId: 1,
      host: '127.0.0.1',
      port: simulator.apiPort,
      tls: false,
      username: 'mlango',
      password,
    }
    const connection = await openConnection(address)
    assert.deepEqual(await connection.run(['/system/identity/print']), [{ name: 'MikroTik' }])
    assert.equal((await failure(openConnection({ ...address, password: 'wrong' }))).kind, 'auth')
    await connection.close()
  })
}

test('21: a row without properties is not dropped', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      command.peer.say(command, '!re')
      command.peer.say(command, '!re', '=name=a=b', '=comment=')
      yes(command)
    },
  })
  assert.deepEqual(await (await connect()).run(['/print']), [{}, { name: 'a=b', comment: '' }])
})

test('answers find their command, however many are on the way', async (t) => {
  const { connect } = await setup(t, {
    act(command) {
      setImmediate(() => {
        command.peer.say(command, '!done', `=ret=${command.words[1]}`)
      })
    },
  })
  const connection = await connect()
  const asked = Array.from({ length: 200 }, (_, index) => `number ${index}`)
  const answers = await Promise.all(asked.map((word) => connection.run(['/echo', word])))
  assert.deepEqual(
    answers.map(([row]) => row?.ret),
    asked,
  )
})
