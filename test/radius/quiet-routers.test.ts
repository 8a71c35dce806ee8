import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { QuietRouters } from '../../src/radius/quiet-routers.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

const { signal } = new AbortController()

test('many sessions that end at a router which hears no RADIUS do not each wait for it, and one asks again later', async (t) => {
  const port = createSocket('udp4')
  port.bind(0, '127.0.0.1')
  await once(port, 'listening')
  t.after(() => port.close())
  let heard = 0
  port.on('message', () => {
    heard += 1
  })
  const clock = new SteppedClock()
  const routers = new QuietRouters(clock)
  const end = (routerId = 1) =>
    routers.ask(routerId, () => {
      const nas = { address: '127.0.0.1', coaPort: port.address().port, secret: Buffer.from('a-radius-secret') }
      const names = { nas, username: 'alice', acctSessionId: '80000001', framedIpAddress: '10.5.50.9' }
      return disconnect({ ...names, macAddress: undefined }, { signal, waitsMs: [50] })
    })
  for (let n = 0; n < 50; n += 1) assert.deepEqual(await end(), { outcome: 'no-answer' })
  assert.equal(heard, 1)
  await end(2)
  assert.equal(heard, 2)
  clock.step(2_000)
  await Promise.all([end(), end(), end()])
  assert.equal(heard, 3)
})

test('a router that answers again is asked each time', async () => {
  const clock = new SteppedClock()
  const routers = new QuietRouters(clock)
  const asked: string[] = []
  const ask = (outcome: 'no-answer' | 'disconnected' | 'refused') =>
    routers.ask(1, async () => {
      asked.push(outcome)
      return { outcome }
    })
  await ask('no-answer')
  clock.step(2_000)
  for (const outcome of ['disconnected', 'refused', 'disconnected'] as const) await ask(outcome)
  assert.deepEqual(asked, ['no-answer', 'disconnected', 'refused', 'disconnected'])
})
