import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { openReach } from '../../src/mpesa/reach.ts'
import { freePort } from '../flows/free-port.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

test('M-PESA is there when it takes a connection, does not answer when it refuses one, and is out of reach without a name', async (t) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const clock = new SteppedClock()
  const look = (baseUrl: string) => openReach({ baseUrl, clock }).look()
  assert.equal(await look(`http://127.0.0.1:${port}/mpesa`), 'open')
  assert.equal(await look(`http://127.0.0.1:${await freePort()}`), 'no-answer')
  assert.equal(await look('https://mpesa.invalid'), 'no-internet')
})

test('what was seen counts for a minute, and is looked at anew after a quarter of it', async (t) => {
  let looks = 0
  const server = createServer((socket) => {
    looks += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const clock = new SteppedClock()
  const closed = openReach({ baseUrl: `http://127.0.0.1:${await freePort()}`, clock })
  assert.equal(closed.now(), 'open')
  await closed.look()
  assert.equal(closed.now(), 'no-answer')
  clock.step(59_999)
  assert.equal(closed.now(), 'no-answer')
  await closed.look()
  clock.step(60_000)
  assert.equal(closed.now(), 'open')
  await closed.look()

  const open = openReach({ baseUrl: `http://127.0.0.1:${port}`, clock })
  await open.look()
  clock.step(14_999)
  open.now()
  clock.step(1)
  open.now()
  await open.look()
  assert.equal(looks, 2)
})
