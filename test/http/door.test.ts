import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Hono } from 'hono'
import { openHttpDoor } from '../../src/http/http-door.ts'
import type { RequestVariables } from '../../src/http/problem.ts'
import { openDesk, TOKENS } from './desk.ts'
import { readEvents } from './event-reader.ts'

async function setup(t: TestContext) {
  const desk = openDesk(t, { MLANGO_HTTP_HOST: '127.0.0.1', MLANGO_HTTP_PORT: '0' })
  const controlSocket = join(desk.rooms.dir, 'mlango.sock')
  const door = openHttpDoor(desk.app, { http: desk.house.config.http, controlSocket })
  await door.start()
  t.after(() => door.stop(0))
  const url = `http://127.0.0.1:${door.port}`

  /** Sends these bytes and reads until the other side has nothing more to say. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(door.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(bytes)
    return text(socket)
  }

  function bySocket(method: string, path: string, body = ''): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: controlSocket, method, path, agent: false })
      asking.on('error', reject)
      asking.on('response', async (answer) => resolve({ status: answer.statusCode ?? 0, body: await text(answer) }))
      asking.end(body)
    })
  }
  return { ...desk, door, url, controlSocket, raw, bySocket }
}

test('the socket in the data directory is for its owner, and needs no token', async (t) => {
  const { controlSocket, bySocket, url } = await setup(t)
  assert.equal(statSync(controlSocket).mode & 0o777, 0o600)
  assert.equal((await bySocket('GET', '/api/audit')).status, 200)
  assert.equal((await fetch(`${url}/api/audit`)).status, 401)
})

test('nobody passes for local by what they send', async (t) => {
  const { url } = await setup(t)
  for (const headers of [{ local: 'true' }, { 'x-local': '1' }, { host: 'localhost' }] as Record<string, string>[]) {
    assert.equal((await fetch(`${url}/api/audit?local=true`, { headers })).status, 401)
  }
})

test('a body that is too long is refused before it is sent', async (t) => {
  const { raw } = await setup(t)
  const answer = await raw(
    'POST /api/payments/stk HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 70000\r\nConnection: close\r\n\r\n{',
  )
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /body-too-large/)
})

test('a body that never says how long it is is refused once it is too long', async (t) => {
  const { url, everything } = await setup(t)
  const before = everything()
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(16 * 1024).fill(0x20))
    },
  })
  const asking = fetch(`${url}/api/payments/stk`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  const outcome = await asking.then(
    ({ status }) => status,
    // The door hangs up on who goes on sending.
    () => 413,
  )
  assert.equal(outcome, 413)
  assert.deepEqual(everything(), before)
})

for (const [what, bytes] of [
  ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a path that is none', 'GET nonsense HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'],
  ['two lengths', 'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
  [
    'a length and chunks',
    'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['noise', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n'],
] as const) {
  test(`${what} is refused with 400, and the door stays open`, async (t) => {
    const { raw, url, logLines } = await setup(t)
    assert.match(await raw(bytes), /^HTTP\/1\.1 400 /)
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
    assert.ok(!logLines.some((line) => JSON.parse(line).level === 'error'))
  })
}

for (const path of [
  '/api/payments/%',
  '/api/payments/%ff?token=%',
  '/api/routers/adopt/%00',
  '/%c0%af..%c0%af',
  '//elsewhere.example/x',
]) {
  test(`${path} is an address like another, and no bug`, async (t) => {
    const { raw, logLines } = await setup(t)
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 (404|405|400|302) /)
    assert.ok(!logLines.some((line) => JSON.parse(line).level === 'error'))
  })
}

test('who follows events and goes away without a word is forgotten', async (t) => {
  const { url, listeners, rooms } = await setup(t)
  const stop = new AbortController()
  const headers = { Authorization: `Bearer ${TOKENS.viewer}` }
  const events = readEvents(await fetch(`${url}/api/events`, { headers, signal: stop.signal }))
  rooms.addRouter()
  assert.equal((await events.next()).event, 'router.registered')
  assert.equal(listeners(), 1)
  stop.abort()
  while (listeners() > 0) await turn()
})

test('the door closes although somebody follows events', async (t) => {
  const { url, door, listeners } = await setup(t)
  const headers = { Authorization: `Bearer ${TOKENS.viewer}` }
  const events = readEvents(await fetch(`${url}/api/events`, { headers }))
  const ended = assert.rejects(events.next())
  await door.stop(10)
  await ended
  for (let turns = 0; turns < 100 && listeners() > 0; turns++) await turn()
  assert.equal(listeners(), 0)
  await assert.rejects(fetch(`${url}/healthz`))
})

test('a second daemon on the same port says which one it is', async (t) => {
  const { desk, door } = { desk: openDesk(t), ...(await setup(t)) }
  const http = { ...desk.house.config.http, host: '127.0.0.1', port: door.port }
  const other = openHttpDoor(desk.app, { http, controlSocket: join(desk.rooms.dir, 'other.sock') })
  await assert.rejects(other.start(), {
    code: 'cannot-listen',
    message: `Cannot listen on [http] 127.0.0.1:${door.port}: another program has that port. Stop it (\`ss -ltnp\` says which), or change [http] port.`,
  })
})

test('a crowd at the door is let in over several turns of the loop', async (t) => {
  const { controlSocket, house } = await setup(t)
  const perTurn: number[] = [0]
  const app = new Hono<{ Variables: RequestVariables }>()
  app.get('/', (c) => {
    perTurn.push((perTurn.pop() ?? 0) + 1)
    return c.text('in')
  })
  const door = openHttpDoor(app, { http: house.config.http, controlSocket: `${controlSocket}-2` })
  await door.start()
  t.after(() => door.stop(0))
  const ask = async (socket: Socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 .*in$/s)
  }
  // One after the other, so that all of them are known when they ask at once.
  const sockets = Array.from({ length: 40 }, () => connect(door.port, '127.0.0.1'))
  for (const socket of sockets) await ask(socket)
  let isOver = false
  const nextTurn = () => {
    perTurn.push(0)
    if (!isOver) setImmediate(nextTurn)
  }
  nextTurn()
  await Promise.all(sockets.map(ask))
  isOver = true
  for (const socket of sockets) socket.destroy()
  const crowd = perTurn.slice(1)
  assert.equal(
    crowd.reduce((sum, count) => sum + count, 0),
    40,
  )
  assert.ok(Math.max(...crowd) <= 4, `${crowd.filter((count) => count > 0)}`)
})
