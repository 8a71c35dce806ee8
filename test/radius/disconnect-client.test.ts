import assert from 'node:assert/strict'
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { changeSession, type SessionChange } from '../../src/radius/coa-client.ts'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { isAuthenticRequest, sealAnswer } from '../../src/simulators/router/nas/authenticity.ts'
import {
  type Attribute,
  integer,
  ofVendor,
  type Packet,
  parsePacket,
  textOf,
  valuesOf,
} from '../../src/simulators/router/nas/packet.ts'
import { SECRET } from './radius-house.ts'

const [ACK, NAK] = [41, 42]
const WAITS_MS = [30, 30, 30]
type Answer = { code: number; attributes?: Attribute[]; secret?: string } | undefined

/** A router whose answers the test decides; it hears every octet. */
async function setup(t: TestContext, answer: (request: Packet, nth: number) => Answer) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  const heard: Packet[] = []
  const senders: RemoteInfo[] = []
  socket.on('message', (datagram, from) => {
    const request = parsePacket(datagram)
    if (!request) return
    heard.push(request)
    senders.push(from)
    const reply = answer(request, heard.length)
    if (!reply) return
    socket.send(
      sealAnswer(reply.code, request, reply.attributes ?? [], reply.secret ?? SECRET),
      from.port,
      from.address,
    )
  })
  const order = {
    nas: { address: '127.0.0.1', coaPort: socket.address().port, secret: Buffer.from(SECRET) },
    username: 'Alice',
    acctSessionId: '8Ab0000f',
    framedIpAddress: '10.5.50.9' as string | undefined,
    macAddress: 'AA:BB:CC:DD:EE:01',
  }
  const ask = (changes: Partial<typeof order> = {}, signal = new AbortController().signal) =>
    disconnect({ ...order, ...changes }, { signal, waitsMs: WAITS_MS })
  const change = (changes: SessionChange) =>
    changeSession(order, changes, { signal: new AbortController().signal, waitsMs: WAITS_MS })
  return { heard, senders, order, ask, change, socket }
}

test('new terms for an open session name it in the same way, and say only what changes', async (t) => {
  const { heard, change } = await setup(t, () => ({ code: 44 }))
  assert.deepEqual(await change({ rateLimit: '256k/512k', sessionTimeoutSeconds: 7200 }), { outcome: 'changed' })
  const [request] = heard
  assert.ok(request)
  assert.equal(request.code, 43)
  assert.equal(isAuthenticRequest(request, SECRET), true)
  assert.deepEqual(
    request.attributes.map(({ type }) => type),
    [80, 1, 8, 44, 27, 26],
  )
  assert.equal(textOf(ofVendor(request, 14988), 8), '256k/512k')
})

test('a router that does not take new terms says why', async (t) => {
  let cause = 503
  const { change } = await setup(t, () => ({ code: 45, attributes: [integer(101, cause)] }))
  assert.deepEqual(await change({ rateLimit: '1k/1k' }), { outcome: 'already-gone' })
  cause = 407
  assert.deepEqual(await change({ rateLimit: '1k/1k' }), {
    outcome: 'refused',
    errorCause: 407,
    meaning: 'invalid attribute value',
  })
})

test('an answer to another kind of request is none', async (t) => {
  const { change, heard } = await setup(t, () => ({ code: ACK }))
  assert.deepEqual(await change({ rateLimit: '1k/1k' }), { outcome: 'no-answer' })
  assert.equal(heard.length, 3)
})

test('the session is named exactly as the router named it, in a signed request', async (t) => {
  const { heard, ask } = await setup(t, () => ({ code: ACK }))
  assert.deepEqual(await ask(), { outcome: 'disconnected' })
  const [request] = heard
  assert.ok(request)
  assert.equal(request.code, 40)
  assert.equal(isAuthenticRequest(request, SECRET), true)
  assert.equal(request.attributes[0]?.type, 80)
  assert.deepEqual(valuesOf(request.attributes, 1).map(String), ['Alice'])
  assert.deepEqual(valuesOf(request.attributes, 44).map(String), ['8Ab0000f'])
  assert.deepEqual([...(valuesOf(request.attributes, 8)[0] ?? [])], [10, 5, 50, 9])
  assert.equal(valuesOf(request.attributes, 31).length, 0)
})

test('without an IP address the device is named', async (t) => {
  const { heard, ask } = await setup(t, () => ({ code: ACK }))
  await ask({ framedIpAddress: undefined })
  assert.deepEqual(valuesOf(heard[0]?.attributes ?? [], 31).map(String), ['AA:BB:CC:DD:EE:01'])
})

test('what a NAK means', async (t) => {
  let cause: number | undefined
  const { ask } = await setup(t, () => ({ code: NAK, attributes: cause === undefined ? [] : [integer(101, cause)] }))
  assert.deepEqual(await ask(), { outcome: 'refused', errorCause: undefined, meaning: 'no cause given' })
  cause = 503
  assert.deepEqual(await ask(), { outcome: 'already-gone' })
  cause = 501
  assert.deepEqual(await ask(), { outcome: 'refused', errorCause: 501, meaning: 'administratively prohibited' })
  cause = 506
  assert.deepEqual(await ask(), { outcome: 'no-answer' })
})

test('a lost request is sent again with the same octets from the same port, and then given up', async (t) => {
  const { heard, senders, ask } = await setup(t, (_, nth) => (nth === 3 ? { code: ACK } : undefined))
  assert.deepEqual(await ask(), { outcome: 'disconnected' })
  assert.equal(heard.length, 3)
  for (const { raw } of heard) assert.deepEqual(raw, heard[0]?.raw)
  assert.equal(new Set(senders.map(({ port }) => port)).size, 1)
  assert.deepEqual(await ask(), { outcome: 'no-answer' })
  assert.equal(heard.length, 6)
})

test('nobody at the port is no answer', async (t) => {
  const { ask, socket, order } = await setup(t, () => undefined)
  const gone = createSocket('udp4')
  gone.bind(0, '127.0.0.1')
  await once(gone, 'listening')
  const coaPort = gone.address().port
  gone.close()
  assert.deepEqual(await ask({ nas: { ...order.nas, coaPort } }), { outcome: 'no-answer' })
  assert.deepEqual(await ask({ nas: { ...order.nas, address: '' } }), { outcome: 'no-answer' })
  assert.ok(socket)
})

test('an answer made with another secret is not taken', async (t) => {
  const { ask } = await setup(t, (_, nth) => ({ code: ACK, secret: nth === 1 ? 'another' : SECRET }))
  assert.deepEqual(await ask(), { outcome: 'disconnected' })
  const { ask: askLiar, heard } = await setup(t, () => ({ code: ACK, secret: 'another' }))
  assert.deepEqual(await askLiar(), { outcome: 'no-answer' })
  assert.equal(heard.length, 3)
})

test('an answer from another port is not taken, even with the right secret', async (t) => {
  const other = createSocket('udp4')
  other.bind(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { ask, senders } = await setup(t, (request) => {
    const from = senders.at(-1)
    other.send(sealAnswer(ACK, request, [], SECRET), from?.port ?? 0, '127.0.0.1')
    return undefined
  })
  assert.deepEqual(await ask(), { outcome: 'no-answer' })
})

test('a router that does not take a signature is asked without one', async (t) => {
  const { heard, ask } = await setup(t, (request) =>
    request.attributes[0]?.type === 80 ? { code: NAK, attributes: [integer(101, 401)] } : { code: ACK },
  )
  assert.deepEqual(await ask(), { outcome: 'disconnected' })
  assert.equal(heard.length, 2)
})

test('a job that is stopped stops asking', async (t) => {
  const stop = new AbortController()
  const { heard, ask } = await setup(t, () => {
    stop.abort()
    return undefined
  })
  assert.deepEqual(await ask({}, stop.signal), { outcome: 'no-answer' })
  assert.equal(heard.length, 1)
  assert.deepEqual(await ask({}, stop.signal), { outcome: 'no-answer' })
  assert.equal(heard.length, 1)
})
