import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Duplicates } from '../../src/radius/duplicates.ts'
import { type Packet, readPacket } from '../../src/radius/packet.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { accessRequest, accounting, openPlug, openRadiusHouse } from './radius-house.ts'

test('a resent request gets the same octets again, and nobody is asked twice', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const request = accessRequest()
  plug.send(request)
  plug.send(request)
  await plug.whenReplies(2)
  assert.deepEqual(plug.replies[0], plug.replies[1])
  assert.equal(logins.length, 1)
  assert.equal(server.counters.resent, 1)
})

test('the same id with another authenticator is a new request, and takes the place of the old one', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const [first, second] = [accessRequest({ id: 5 }), accessRequest({ id: 5 })]
  for (const request of [first, second, first]) await plug.ask(request)
  assert.equal(logins.length, 3)
})

test('another port is another sender', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const request = accessRequest()
  for (const plug of [await openPlug(t, server.authPort), await openPlug(t, server.authPort)]) await plug.ask(request)
  assert.equal(logins.length, 2)
})

test('an answer is forgotten after some seconds', async (t) => {
  const { server, records, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const packet = accounting(1)
  await plug.ask(packet)
  clock.step(5_000)
  await plug.ask(packet)
  assert.equal(records.length, 1)
  clock.step(60_000)
  await plug.ask(packet)
  assert.equal(records.length, 2)
})

const ROUTER = { address: '10.0.0.1', port: 40_000 }

/** A request with nothing in it; the authenticator tells it from all others. */
function bare(number: number): Packet {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt8(1, 0)
  bytes.writeUInt8(number & 0xff, 1)
  bytes.writeUInt16BE(bytes.length, 2)
  bytes.writeUInt32BE(number, 16)
  return readPacket(bytes) as Packet
}

function numberOf(answer: ReturnType<Duplicates['begin']>): number {
  assert.ok(typeof answer === 'number', 'it is known already')
  return answer
}

test('each of some thousands of requests gets its own octets again, however long they are', () => {
  const duplicates = new Duplicates(new SteppedClock())
  const requests = Array.from({ length: 5_000 }, (_, at) => ({
    sender: { ...ROUTER, port: ROUTER.port + (at >> 8) },
    packet: bare(at),
    reply: Buffer.alloc(20 + ((at * 7919) % 4_077), at & 0xff),
  }))
  const numbers = requests.map(({ sender, packet }) => numberOf(duplicates.begin(sender, packet)))
  for (const { sender, packet } of requests) assert.equal(duplicates.begin(sender, packet), 'in-progress')
  // In whatever order they are answered.
  for (let at = requests.length - 1; at >= 0; at -= 1)
    duplicates.finish(numbers[at] ?? 0, requests[at]?.reply as Buffer)
  for (const { sender, packet, reply } of requests) assert.deepEqual(duplicates.begin(sender, packet), reply)
})

test('an answer that comes when its request was forgotten for others does not become the answer of another', () => {
  const duplicates = new Duplicates(new SteppedClock())
  const senderOf = (at: number) => ({ ...ROUTER, port: at >> 8 })
  const numbers = Array.from({ length: 20_000 }, (_, at) => numberOf(duplicates.begin(senderOf(at), bare(at))))
  for (const number of numbers.slice(0, 3_000)) duplicates.finish(number, Buffer.alloc(20, 1))
  for (const number of numbers.slice(3_000, 3_600)) duplicates.forget(number)
  for (let at = 16_384; at < 20_000; at += 1)
    assert.equal(duplicates.begin(senderOf(at), bare(at)), 'in-progress', `request ${at}`)
  numberOf(duplicates.begin(senderOf(0), bare(0)))
})

test('what was not answered is worked on again, and so is what came long ago', () => {
  const clock = new SteppedClock()
  const duplicates = new Duplicates(clock)
  const failed = numberOf(duplicates.begin(ROUTER, bare(1)))
  duplicates.forget(failed)
  const again = numberOf(duplicates.begin(ROUTER, bare(1)))
  duplicates.forget(failed)
  assert.equal(duplicates.begin(ROUTER, bare(1)), 'in-progress')
  duplicates.finish(again, Buffer.alloc(30, 2))
  clock.step(14_999)
  assert.deepEqual(duplicates.begin(ROUTER, bare(1)), Buffer.alloc(30, 2))
  clock.step(1)
  numberOf(duplicates.begin(ROUTER, bare(1)))
})
