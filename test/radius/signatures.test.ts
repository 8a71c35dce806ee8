import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessRequest, openPlug, openRadiusHouse, statusServer } from './radius-house.ts'

const PROXY_STATE = { type: 33, value: Buffer.from('state') }
const EAP = { type: 79, value: Buffer.from('0200000501', 'hex') }

test('every answer to an Access-Request begins with a Message-Authenticator, even when the request had none', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  for (const password of ['open sesame', 'wrong']) {
    const reply = await plug.ask(accessRequest({ password, signed: false }))
    assert.equal(reply.attributes[0]?.type, 80)
  }
})

test('a router that has signed once must go on signing', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  await plug.ask(accessRequest({ signed: false }))
  await plug.ask(accessRequest({ signed: true }))
  assert.equal(await plug.isSilent(accessRequest({ signed: false })), true)
  assert.equal(server.counters.unsigned, 1)
})

test('that a router has signed is written down once, and counts from the start when it is known', async (t) => {
  const { server, signers, nas } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  await plug.ask(accessRequest({ signed: false }))
  await plug.ask(statusServer())
  assert.deepEqual(signers, [])
  await plug.ask(accessRequest())
  await plug.ask(accessRequest())
  assert.deepEqual(signers, [nas.routerId])
  const restarted = await openRadiusHouse(t, { nas: { hasSigned: true } })
  const other = await openPlug(t, restarted.server.authPort)
  assert.equal(await other.isSilent(accessRequest({ signed: false })), true)
  await other.ask(accessRequest())
  assert.deepEqual(restarted.signers, [])
})

test('a signature made with another secret teaches nothing', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  assert.equal(await plug.isSilent(accessRequest({ secret: 'another' })), true)
  await plug.ask(accessRequest({ signed: false }))
  assert.equal(server.counters.wrongSecret, 1)
})

test('the setting decides: always, or never', async (t) => {
  const strict = await openRadiusHouse(t, { nas: { requireMessageAuthenticator: 'yes' } })
  const strictPlug = await openPlug(t, strict.server.authPort)
  assert.equal(await strictPlug.isSilent(accessRequest({ signed: false })), true)
  const lax = await openRadiusHouse(t, { nas: { requireMessageAuthenticator: 'no' } })
  const laxPlug = await openPlug(t, lax.server.authPort)
  await laxPlug.ask(accessRequest())
  await laxPlug.ask(accessRequest({ signed: false }))
})

test('without a signature, neither Proxy-State nor EAP is taken', async (t) => {
  const { server, logins } = await openRadiusHouse(t, { nas: { requireMessageAuthenticator: 'no' } })
  const plug = await openPlug(t, server.authPort)
  const requests = [PROXY_STATE, EAP].map((attribute) => accessRequest({ signed: false, more: [attribute] }))
  assert.equal(await plug.isSilent(...requests), true)
  assert.equal(logins.length, 0)
})

test('two signatures, or one of another length, are forged', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const twice = accessRequest({ more: [{ type: 80, value: Buffer.alloc(16) }] })
  const short = accessRequest({ signed: false, more: [{ type: 80, value: Buffer.alloc(15) }] })
  assert.equal(await plug.isSilent(twice, short), true)
  assert.equal(server.counters.wrongSecret, 2)
})

test('one changed bit anywhere is noticed, also one that another text would hide', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const good = accessRequest()
  // Octets of type and length make other faults when they change; values only the signature can tell.
  const values = good.length - 30
  const flipped = Array.from({ length: 16 }, (_, bit) => {
    const copy = Buffer.from(good)
    copy.writeUInt8(copy.readUInt8(values) ^ (bit < 8 ? 1 << bit : 0), values)
    copy.writeUInt8(copy.readUInt8(good.length - 1) ^ (bit >= 8 ? 1 << (bit - 8) : 0), good.length - 1)
    return copy
  })
  assert.equal(await plug.isSilent(...flipped), true)
  assert.equal(server.counters.wrongSecret, 16)
})

test('Status-Server is answered on both ports, and only with a signature', async (t) => {
  const { server, logins, records } = await openRadiusHouse(t)
  for (const [port, code] of [
    [server.authPort, 2],
    [server.acctPort, 5],
  ] as const) {
    const plug = await openPlug(t, port)
    const reply = await plug.ask(statusServer())
    assert.equal(reply.code, code)
    assert.equal(reply.attributes[0]?.type, 80)
    assert.equal(await plug.isSilent(statusServer(false)), true)
  }
  assert.deepEqual([logins.length, records.length], [0, 0])
})
