import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { isAuthenticReply } from '../../src/simulators/router/nas/authenticity.ts'
import { parsePacket } from '../../src/simulators/router/nas/packet.ts'
import { makeAuthority } from '../peers/certificates.ts'
import { accessRequest, accounting, openRadiusHouse, statusServer } from './radius-house.ts'

const RADSEC = 'radsec'

async function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-radsec-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { ca, issue } = makeAuthority(folder)
  const own = issue('mlango')
  const pem = (files: { key: string; cert: string }) => ({
    key: readFileSync(files.key),
    cert: readFileSync(files.cert),
    ca: readFileSync(ca),
  })
  const house = await openRadiusHouse(t, { radsec: { port: 0, ...pem(own) } })
  const port = house.server.radsecPort ?? 0

  async function dial(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect({ port, host: '127.0.0.1', ...options })
    t.after(() => socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
  return { ...house, port, dial, pem, issue, router: () => dial(pem(issue('Router 7'))) }
}

/** Reads so many packets off the stream. */
async function packetsOf(socket: TLSSocket, count: number): Promise<Buffer[]> {
  const packets: Buffer[] = []
  let pending = Buffer.alloc(0)
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= pending.readUInt16BE(2)) {
      packets.push(pending.subarray(0, pending.readUInt16BE(2)))
      pending = pending.subarray(pending.readUInt16BE(2))
      if (packets.length === count) return packets
    }
  }
  throw new Error(`the connection ended after ${packets.length} packets`)
}

/** It is let go by the server, after the handshake or instead of it. */
async function isRefused(socket: Promise<TLSSocket>): Promise<boolean> {
  try {
    const opened = await socket
    opened.on('error', () => {})
    opened.resume()
    if (!opened.closed) await once(opened, 'close')
    return true
  } catch {
    return true
  }
}

test('logins, accounting and Status-Server go over one connection, however the stream is cut', async (t) => {
  const { router, records } = await setup(t)
  const socket = await router()
  const access = accessRequest({ secret: RADSEC })
  const requests = [access, accounting(1, [], RADSEC), accessRequest({ secret: RADSEC, password: 'wrong' })]
  const stream = Buffer.concat(requests)
  for (let at = 0; at < stream.length; at += 7) socket.write(stream.subarray(at, at + 7))
  const replies = await packetsOf(socket, 3)
  assert.deepEqual(replies.map(([code]) => code).sort(), [2, 3, 5])
  const accept = replies.find(([code]) => code === 2)
  assert.ok(accept && isAuthenticReply(parsePacket(accept) as never, access, RADSEC, true))
  assert.equal(records[0]?.routerId, 7)
})

test('Status-Server is answered on the stream', async (t) => {
  const { router } = await setup(t)
  const socket = await router()
  const status = statusServer(true, RADSEC)
  socket.write(status)
  const [reply] = await packetsOf(socket, 1)
  assert.deepEqual([reply?.[0], reply?.[1]], [2, status[1]])
})

test('without Message-Authenticator a login is taken here, since the certificate says who asks', async (t) => {
  const { router } = await setup(t)
  const socket = await router()
  const state = { type: 33, value: Buffer.from('proxy') }
  socket.write(accessRequest({ secret: RADSEC, signed: false, more: [state] }))
  const [reply] = await packetsOf(socket, 1)
  assert.equal(reply?.[0], 2)
})

test('who has no certificate, a stranger’s, an expired one, or one that names no router is not heard', async (t) => {
  const { dial, pem, issue, server, logins } = await setup(t)
  const strangers = mkdtempSync(join(tmpdir(), 'mlango-strangers-'))
  t.after(() => rmSync(strangers, { recursive: true, force: true }))
  const stranger = makeAuthority(strangers).issue('Router 7')
  const { ca } = pem(stranger)
  const attempts = {
    none: dial({ ca }),
    stranger: dial(pem(stranger)),
    expired: dial(pem(issue('Router 7', -1))),
    unnamed: dial(pem(issue('Router 8'))),
  }
  for (const [who, attempt] of Object.entries(attempts)) {
    const sent = attempt.then((socket) => {
      socket.write(accessRequest({ secret: RADSEC }))
      return socket
    })
    assert.equal(await isRefused(sent), true, who)
  }
  assert.deepEqual([logins.length, server.counters.accepted], [0, 0])
})

test('a router that was removed while it is connected is not heard any more, and its connection ends', async (t) => {
  const { router, registry, logins } = await setup(t)
  const socket = await router()
  socket.write(accessRequest({ secret: RADSEC }))
  await once(socket, 'data')
  registry.knowsRouter = false
  socket.write(accessRequest({ secret: RADSEC }))
  const answered = once(socket, 'data').then(() => 'answered')
  assert.equal(await Promise.race([answered, once(socket, 'close').then(() => 'ended')]), 'ended')
  assert.equal(logins.length, 1)
})

test('nothing older than TLS 1.2 is spoken', async (t) => {
  const { dial, pem, issue } = await setup(t)
  const old = dial({
    ...pem(issue('Router 7')),
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  await assert.rejects(old)
})

test('a stream that is no RADIUS is ended, and others go on', async (t) => {
  const { router } = await setup(t)
  const [broken, good] = [await router(), await router()]
  broken.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  assert.equal(await isRefused(Promise.resolve(broken)), true)
  good.write(accessRequest({ secret: RADSEC }))
  const [reply] = await packetsOf(good, 1)
  assert.equal(reply?.[0], 2)
})

test('a stop ends the connections too', async (t) => {
  const { router, server, port } = await setup(t)
  const socket = await router()
  server.stop()
  assert.equal(await isRefused(Promise.resolve(socket)), true)
  const again = connectTcp(port, '127.0.0.1')
  const [error] = await once(again, 'error')
  assert.equal(error.code, 'ECONNREFUSED')
})
