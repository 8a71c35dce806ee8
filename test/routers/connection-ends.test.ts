import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { brief, failure, setup } from './connection-house.ts'
import { silent, yes } from './scripted-router.ts'

// Numbers are those of docs/routeros-defects.md; what would end the process is in survival.test.ts.

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
