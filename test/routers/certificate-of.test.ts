import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { certificateOf } from '../../src/routers/certificate-of.ts'
import { ROUTER_CERTIFICATE, ROUTER_KEY } from './certificates.ts'
import { startScriptedRouter } from './scripted-router.ts'

test('the certificate that a router shows is read, whoever has signed it', async (t) => {
  const router = await startScriptedRouter({ tls: { key: ROUTER_KEY, cert: ROUTER_CERTIFICATE } })
  t.after(() => router.stop())
  assert.equal(await certificateOf(router.address), ROUTER_CERTIFICATE)
})

test('a router that never comes to the end of its handshake is given up after 5 s', { timeout: 4_000 }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const certificate = certificateOf({ host: '127.0.0.1', port })
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'data')
  // A handshake record of 16 KB, octet by octet: the connection is never idle.
  socket.write(Buffer.from([22, 3, 3, 64, 0, 2]))
  const drip = setInterval(() => socket.write(Buffer.of(0)), 100)
  t.after(() => clearInterval(drip))
  t.mock.timers.tick(5_000)
  assert.equal(await certificate, undefined)
})
