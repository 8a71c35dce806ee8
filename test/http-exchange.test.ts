import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { exchange, isProvablyUnsent, type Order } from '../src/http-exchange.ts'
import { deadUrl, httpReply, startScriptedTcp } from './mpesa/scripted-tcp.ts'

const orderTo = (url: string, more: Partial<Order> = {}): Order => ({
  method: 'POST',
  url,
  headers: { 'Content-Type': 'application/json' },
  body: '{"Amount":20}',
  timeoutMs: 10_000,
  ...more,
})
const never = () => new AbortController().signal

const brokenAnswers: [story: string, act: (socket: Socket) => void][] = [
  ['the connection is reset after the request', (socket) => socket.resetAndDestroy()],
  ['the connection is closed without a word', (socket) => socket.end()],
  ['the status line stops half-way', (socket) => socket.end('HTTP/1.1 200 O')],
  ['the body is cut short', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Resp')],
  [
    'a chunked body stops in the middle',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"Res'),
  ],
  ['the answer is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ['the answer never ends', (socket) => socket.write(httpReply(200, 'x'.repeat(300 * 1024)))],
]
for (const [story, act] of brokenAnswers) {
  test(`a request is lost when ${story}, and is not sent again`, async (t) => {
    const server = await startScriptedTcp(t, act)
    const answer = await exchange(orderTo(server.url), never())
    assert.equal(answer.outcome, 'lost')
    assert.equal(server.heard.length, 1)
  })
}

test('a request is lost when the far end stays silent', async (t) => {
  const server = await startScriptedTcp(t, () => {})
  assert.deepEqual(await exchange(orderTo(server.url, { timeoutMs: 100 }), never()), {
    outcome: 'lost',
    detail: 'no answer within 100 ms',
  })
})

test('a request is lost when the headers come but the body does not', async (t) => {
  const server = await startScriptedTcp(t, (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'))
  assert.equal((await exchange(orderTo(server.url, { timeoutMs: 100 }), never())).outcome, 'lost')
})

test('a request that is given up after it was sent is lost', async (t) => {
  const server = await startScriptedTcp(t, () => {})
  const stop = new AbortController()
  const heard = server.whenHeard()
  const answer = exchange(orderTo(server.url), stop.signal)
  await heard
  stop.abort()
  assert.equal((await answer).outcome, 'lost')
})

test('a request that is given up before it was sent is unsent', async (t) => {
  const server = await startScriptedTcp(t, () => {})
  assert.equal((await exchange(orderTo(server.url), AbortSignal.abort())).outcome, 'unsent')
  assert.equal(server.heard.length, 0)
})

test('a request to a port where nobody listens is unsent', async () => {
  assert.equal((await exchange(orderTo(await deadUrl()), never())).outcome, 'unsent')
})

test('a redirect is an answer, and the request is not repeated elsewhere', async (t) => {
  const server = await startScriptedTcp(t, (socket) =>
    socket.end('HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'),
  )
  assert.deepEqual(await exchange(orderTo(server.url), never()), { outcome: 'reply', status: 307, text: '' })
  assert.equal(server.heard.length, 1)
})

test('each request has a connection of its own, so none dies on one that was just closed', async (t) => {
  const ports = new Set<number | undefined>()
  const server = await startScriptedTcp(t, (socket) => {
    ports.add(socket.remotePort)
    socket.write(httpReply(200, '{}'))
  })
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await exchange(orderTo(server.url), never()), { outcome: 'reply', status: 200, text: '{}' })
  }
  assert.equal(ports.size, 3)
})

test('only a failure that names its stage proves that nothing was sent', () => {
  const connect = { code: 'ECONNREFUSED', syscall: 'connect' }
  const unsent = [
    { code: 'ENOTFOUND', syscall: 'getaddrinfo' },
    { code: 'EAI_AGAIN', syscall: 'getaddrinfo' },
    connect,
    { code: 'EHOSTUNREACH', syscall: 'connect' },
    { code: 'ETIMEDOUT', syscall: 'connect' },
    new AggregateError([connect, { code: 'ENETUNREACH', syscall: 'connect' }]),
    { code: 'UND_ERR_CONNECT_TIMEOUT' },
    { code: 'CERT_NOT_YET_VALID' },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  ]
  for (const cause of unsent) assert.equal(isProvablyUnsent(cause), true, JSON.stringify(cause))
  const maybeSent = [
    { code: 'EHOSTUNREACH', syscall: 'read' },
    { code: 'EPIPE', syscall: 'write' },
    { code: 'ECONNRESET', syscall: 'read' },
    { code: 'ECONNRESET' },
    { code: 'UND_ERR_SOCKET' },
    { code: 'UND_ERR_HEADERS_TIMEOUT' },
    new AggregateError([]),
    new AggregateError([connect, { code: 'ECONNRESET', syscall: 'read' }]),
    new Error('odd'),
    'odd',
    null,
    undefined,
  ]
  for (const cause of maybeSent) assert.equal(isProvablyUnsent(cause), false, JSON.stringify(cause))
})
