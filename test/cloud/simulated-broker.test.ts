import assert from 'node:assert/strict'
import { it } from 'node:test'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { readBatch } from './read-batch.ts'
import { openUplink } from './uplink.ts'

it('the broker of the demo, which speaks 3.1.1 only, gets everything over an outage in the middle', async (t) => {
  const broker = await startBrokerSimulator()
  t.after(() => broker.stop())
  const { clock, publisher, record } = openUplink(t, { settings: { url: broker.url } })
  record(6_000)
  publisher.start()
  await clock.passUntil(() => publisher.backlog() <= 4_000)
  await broker.down()
  await clock.passUntil(() => !publisher.state.connected)
  record(100)
  await broker.up()
  await clock.passUntil(() => publisher.backlog() === 0, 100)
  const isBatch = ({ topic }: { topic: string }) => topic === 'mlango/v1/site-1/events'
  // This broker acknowledges first and tells us of the message after that, in order.
  await broker.whenMessage((message) => isBatch(message) && readBatch(message.payload).events.at(-1)?.seq === 6_100)
  const batches = broker.messages.filter(isBatch)
  const seqs = new Set(batches.flatMap(({ payload }) => readBatch(payload).events.map(({ seq }) => seq)))
  assert.deepEqual(
    [...seqs].sort((a, b) => a - b),
    Array.from({ length: 6_100 }, (_, index) => index + 1),
  )
})

it('a wrong password keeps us out until it is put right', async (t) => {
  const broker = await startBrokerSimulator({ username: 'site-1', password: 'right' })
  t.after(() => broker.stop())
  const wrong = openUplink(t, { settings: { url: broker.url, username: 'site-1', password: 'wrong' } })
  wrong.publisher.start()
  await wrong.logged.when((seen) => seen.find(({ kind }) => kind === 'refused'))
  const right = openUplink(t, { settings: { url: broker.url, username: 'site-1', password: 'right' } })
  right.publisher.start()
  await right.clock.passUntil(() => right.publisher.state.connected, 0)
  assert.equal(wrong.publisher.state.connected, false)
})
