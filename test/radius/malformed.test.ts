import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { integer, text } from '../../src/simulators/router/nas/packet.ts'
import { accessRequest, accounting, openPlug, openRadiusHouse } from './radius-house.ts'

/** An Access-Request whose attributes are these octets, right or wrong. */
function raw(hex: string, length?: number): Buffer {
  const attributes = Buffer.from(hex, 'hex')
  const packet = Buffer.concat([Buffer.of(1, 9, 0, 0), randomBytes(16), attributes])
  packet.writeUInt16BE(length ?? packet.length, 2)
  return packet
}

test('packets whose lengths or attributes do not fit are dropped', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const dropped = [
    Buffer.alloc(0),
    Buffer.of(1, 0, 0, 4),
    raw('', 19),
    raw('', 21),
    raw(`01ff${'61'.repeat(253)}`.repeat(17), 4097),
    raw('0106616c69'),
    raw('0101'),
    raw('0100'),
    raw('01'),
    raw('000461 62'.replace(' ', '')),
    raw('0102'.repeat(201)),
  ]
  assert.equal(await plug.isSilent(...dropped), true)
  assert.equal(server.counters.malformed, dropped.length)
  assert.equal(logins.length, 0)
})

test('codes that are not for this port are dropped', async (t) => {
  const { server, records, logins } = await openRadiusHouse(t)
  const auth = await openPlug(t, server.authPort)
  const acct = await openPlug(t, server.acctPort)
  assert.equal(await auth.isSilent(accounting(1), Buffer.concat([Buffer.of(99), accounting(1).subarray(1)])), true)
  assert.equal(await acct.isSilent(accessRequest()), true)
  assert.equal(server.counters.unknownCode, 3)
  assert.deepEqual([records.length, logins.length], [0, 0])
})

test('an attribute with bad content is as if it were absent, and the rest counts', async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const odd = [
    { type: 5, value: Buffer.alloc(3) },
    { type: 46, value: Buffer.alloc(5) },
    { type: 8, value: Buffer.alloc(3) },
    { type: 26, value: Buffer.alloc(3) },
    { type: 26, value: Buffer.from('00003a8c0100', 'hex') },
    { type: 26, value: Buffer.from('ff003a8c0806', 'hex') },
    { type: 31, value: Buffer.from('no address') },
  ]
  assert.equal((await plug.ask(accounting(3, [...odd, integer(42, 5)]))).code, 5)
  assert.equal(records[0]?.inputBytes, 5)
  assert.equal(records[0]?.sessionSeconds, 0)
  assert.equal(records[0]?.framedIpAddress, undefined)
})

test('octets after the packet are padding, also for the checks of the secret', async (t) => {
  const { server } = await openRadiusHouse(t)
  const auth = await openPlug(t, server.authPort)
  const acct = await openPlug(t, server.acctPort)
  const padded = (packet: Buffer) => Buffer.concat([packet, randomBytes(40)])
  assert.equal((await auth.ask(padded(accessRequest()))).code, 2)
  acct.send(padded(accounting(1)))
  assert.equal((await acct.whenReplies(1))[0], 5)
})

test('the longest packet is taken', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const short = accessRequest().length
  const filler = Array.from({ length: 15 }, () => text(11, 'x'.repeat(253)))
  const rest = text(11, 'y'.repeat(4096 - short - 15 * 255 - 2))
  const longest = accessRequest({ more: [...filler, rest] })
  assert.equal(longest.length, 4096)
  assert.equal((await plug.ask(longest)).code, 2)
})

test('a request whose Proxy-States leave no room for an answer is dropped', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const states = Array.from({ length: 15 }, () => ({ type: 33, value: Buffer.alloc(253) }))
  const last = { type: 33, value: Buffer.alloc(4096 - accessRequest({ method: 'none' }).length - 15 * 255 - 2) }
  assert.equal(await plug.isSilent(accessRequest({ method: 'none', more: [...states, last] })), true)
})
