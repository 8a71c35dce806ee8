import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { endedJobById } from '../../src/flow/ended-job-table.ts'
import { done, type JobOutcome, snooze } from '../../src/flow/job-outcome.ts'
import type { RunServices } from '../../src/flow/job-run.ts'
import { cancelJob } from '../../src/flow/queue-commands.ts'
import { gate, House } from './house.ts'

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

const heeding = (_: unknown, { signal }: RunServices) =>
  new Promise<JobOutcome>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a waiting job that is cancelled never runs, and is kept to be looked at', async (t) => {
  const house = setup(t)
  const jobId = await house.enqueue('take-money', 'it', { runAtMs: house.clock.nowMs() + 60_000 })
  assert.equal(await house.run(cancelJob, { jobId }), 'cancelled')
  await house.drain()
  assert.equal(endedJobById(house.db, jobId)?.outcome, 'cancelled')
  assert.equal(await house.run(cancelJob, { jobId }), 'unknown')
})

test('a running job is told by its signal, and ends as cancelled: neither failed nor tried again', async (t) => {
  const house = setup(t)
  house.handle('open-door', heeding)
  const jobId = await house.enqueue('open-door', 'front')
  await house.settle()
  assert.equal(await house.run(cancelJob, { jobId }), 'stopping')
  await house.settle()
  assert.deepEqual(house.live(), [])
  assert.deepEqual(house.failed(), [])
  assert.equal(endedJobById(house.db, jobId)?.outcome, 'cancelled')
  house.handle('open-door', async () => done())
  assert.notEqual(await house.enqueue('open-door', 'front'), jobId)
})

for (const [when, expected] of [
  ['before', 1],
  ['after', 2],
] as const) {
  test(`what is ordered ${when} a cancel, while the run lasts, is run ${expected === 1 ? 'no more' : 'all the same'}`, async (t) => {
    const house = setup(t)
    for (const name of ['open-door', 'sweep-floor']) {
      let runs = 0
      house.handle(name, async (payload, services) => (++runs === 1 ? heeding(payload, services) : done()))
      const jobId = await house.enqueue(name, 'front')
      await house.settle()
      const cancelled = () => house.run(cancelJob, { jobId })
      const ordered = () => house.enqueue(name, 'front')
      // Both are in the same commit, before the run can end.
      await Promise.all(when === 'before' ? [ordered(), cancelled()] : [cancelled(), ordered()])
      await house.settle()
      assert.equal(runs, expected)
      assert.deepEqual(house.live(), [])
      assert.equal(endedJobById(house.db, jobId)?.outcome, 'cancelled')
    }
  })
}

test('what is ordered after a cancel survives a power cut', async (t) => {
  const house = setup(t)
  house.handle('open-door', () => new Promise(() => {}))
  const jobId = await house.enqueue('open-door', 'front')
  await house.settle()
  await Promise.all([house.run(cancelJob, { jobId }), house.enqueue('open-door', 'front')])
  let runs = 0
  house.handle('open-door', async () => {
    runs += 1
    return done()
  })
  await house.crash()
  assert.equal(runs, 1)
  assert.deepEqual(house.live(), [])
})

test('a handler that is done when the cancel comes is done', async (t) => {
  const house = setup(t)
  house.handle('open-door', async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return done()
  })
  const jobId = await house.enqueue('open-door')
  await house.settle()
  await house.run(cancelJob, { jobId })
  await house.settle()
  assert.equal(endedJobById(house.db, jobId)?.outcome, 'done')
})

test('a handler that wants to come again later does not', async (t) => {
  const house = setup(t)
  const end = gate<void>()
  house.handle('open-door', async () => {
    await end.promise
    return snooze(60_000)
  })
  const jobId = await house.enqueue('open-door')
  await house.settle()
  await house.run(cancelJob, { jobId })
  end.resolve()
  await house.settle()
  assert.deepEqual(house.live(), [])
})

test('a handler that does not heed is fenced off after a grace', async (t) => {
  const house = setup(t)
  house.handle('open-door', () => new Promise(() => {}))
  const jobId = await house.enqueue('open-door')
  await house.settle()
  await house.run(cancelJob, { jobId })
  await house.pass(4_999)
  assert.deepEqual(house.live(), ['open-door running'])
  await house.pass(1)
  assert.deepEqual(house.live(), [])
})

test('a cancel that the power cuts off holds after the start', async (t) => {
  const house = setup(t)
  let runs = 0
  house.handle('open-door', () => {
    runs += 1
    return new Promise(() => {})
  })
  const jobId = await house.enqueue('open-door')
  await house.settle()
  await house.run(cancelJob, { jobId })
  await house.crash()
  assert.equal(runs, 1)
  assert.deepEqual(house.live(), [])
  assert.equal(endedJobById(house.db, jobId)?.outcome, 'cancelled')
})
