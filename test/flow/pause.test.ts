import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { pauseQueue, resumeQueue, runJobNow } from '../../src/flow/queue-commands.ts'
import { queueStats } from '../../src/flow/queue-stats.ts'
import { gate, House } from './house.ts'

const WORKERS = { hotspot: 3, payments: 2, general: 2 }

function setup(t: TestContext): { house: House; served: string[] } {
  const house = new House()
  t.after(() => house.close())
  const served: string[] = []
  for (const name of ['take-money', 'send-text']) {
    house.handle(name, async ({ what }) => {
      served.push(what)
      return done()
    })
  }
  return { house, served }
}

const pause = (house: House, untilMs: number | null = null) =>
  house.run(pauseQueue, { name: 'payments', untilMs, reason: 'the bank asked for it' })

test('a paused queue starts nothing, its neighbours in the pool go on, and a resume serves in the old order', async (t) => {
  const { house, served } = setup(t)
  await pause(house)
  for (const what of ['first', 'second', 'third']) await house.enqueue('take-money', what)
  await house.enqueue('send-text', 'text')
  await house.settle()
  assert.deepEqual(served, ['text'])
  assert.deepEqual(house.live(), ['take-money held', 'take-money held', 'take-money held'])
  assert.equal(await house.run(resumeQueue, { name: 'payments' }), 'resumed')
  await house.drain()
  assert.deepEqual(served, ['text', 'first', 'second', 'third'])
  assert.equal(await house.run(resumeQueue, { name: 'payments' }), 'not-paused')
})

test('what runs when its queue is paused comes to its end', async (t) => {
  const { house } = setup(t)
  const end = gate<void>()
  house.handle('take-money', async () => {
    await end.promise
    return done()
  })
  await house.enqueue('take-money')
  await house.settle()
  await pause(house)
  end.resolve()
  await house.settle()
  assert.deepEqual(house.live(), [])
})

test('a queue paused until a time goes on by itself then', async (t) => {
  const { house, served } = setup(t)
  await pause(house, house.clock.nowMs() + 600_000)
  await house.enqueue('take-money', 'it')
  await house.settle()
  await house.pass(599_000, 1_000)
  assert.deepEqual(served, [])
  await house.pass(1_000)
  assert.deepEqual(served, ['it'])
})

test('a pause survives a power cut', async (t) => {
  const { house, served } = setup(t)
  await pause(house)
  await house.enqueue('take-money', 'it')
  await house.settle()
  await house.crash()
  await house.pass(60_000, 10_000)
  assert.deepEqual(served, [])
  await house.run(resumeQueue, { name: 'payments' })
  await house.drain()
  assert.deepEqual(served, ['it'])
})

test('an operator can run one job of a paused queue now', async (t) => {
  const { house, served } = setup(t)
  await pause(house)
  await house.enqueue('take-money', 'waits')
  const jobId = await house.enqueue('take-money', 'wanted')
  const later = await house.enqueue('send-text', 'later', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.settle()
  assert.equal(await house.run(runJobNow, { jobId }), 'runs')
  assert.equal(await house.run(runJobNow, { jobId: later }), 'runs')
  await house.settle()
  assert.deepEqual(served, ['wanted', 'later'])
  assert.equal(await house.run(runJobNow, { jobId }), 'unknown')
})

test('more held jobs than fit one commit are all let go', async (t) => {
  const { house, served } = setup(t)
  await pause(house)
  await Promise.all(Array.from({ length: 1_200 }, (_, n) => house.enqueue('take-money', String(n))))
  await house.pass(100, 1)
  assert.equal(house.live().filter((job) => job === 'take-money held').length, 1_200)
  await house.run(resumeQueue, { name: 'payments' })
  for (let rounds = 0; house.jobs().length > 0 && rounds < 2_000; rounds++) await house.pass(1)
  assert.equal(served.length, 1_200)
})

test('the stats say that a queue is paused, until when, and what it holds', async (t) => {
  const { house } = setup(t)
  const untilMs = house.clock.nowMs() + 600_000
  await pause(house, untilMs)
  await house.enqueue('take-money')
  await house.settle()
  const payments = queueStats(house.db, WORKERS, house.clock.nowMs()).queues.find(({ name }) => name === 'payments')
  assert.deepEqual(payments?.paused, {
    sinceMs: house.clock.nowMs(),
    untilMs,
    reason: 'the bank asked for it',
  })
  assert.deepEqual([payments?.ready, payments?.scheduled, payments?.held], [0, 0, 1])
})
