import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discard, done } from '../../src/flow/job-outcome.ts'
import { flushFailedJobs, forgetFailedJob, runNextJob } from '../../src/flow/queue-commands.ts'
import { queueStats } from '../../src/flow/queue-stats.ts'
import { House } from './house.ts'

const WORKERS = { hotspot: 3, payments: 2, general: 2 }

test('the stats say what waits, runs, is to come and has failed, and for how long the oldest waits', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('take-money', () => new Promise(() => {}))
  house.handle('open-door', async () => discard('no'))
  for (const what of ['a', 'b', 'c']) await house.enqueue('take-money', what)
  await house.enqueue('send-text', 'later', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.enqueue('open-door', 'front')
  await house.settle()
  house.clock.step(7_000)
  const { queues, pools } = queueStats(house.db, WORKERS, house.clock.nowMs())
  assert.equal(queues.length, 12)
  const of = (name: string) => queues.find((queue) => queue.name === name)
  assert.deepEqual(of('payments'), {
    name: 'payments',
    priority: 3,
    pool: 'payments',
    ready: 1,
    running: 2,
    scheduled: 0,
    held: 0,
    failed: 0,
    oldestReadyMs: 7_000,
    paused: null,
    wait: { p50Ms: null, p99Ms: null },
    run: { p50Ms: null, p99Ms: null },
  })
  assert.equal(of('hotspot-sms')?.scheduled, 1)
  assert.equal(of('hotspot-provisioning')?.failed, 1)
  assert.equal(of('maintenance')?.oldestReadyMs, null)
  assert.deepEqual(pools, [
    { name: 'hotspot', workers: 3, busy: 0 },
    { name: 'payments', workers: 2, busy: 2 },
    { name: 'general', workers: 2, busy: 0 },
  ])
})

test('jobs per second are those of the last minute', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const perSecond = () => queueStats(house.db, WORKERS, house.clock.nowMs()).jobsPerSecond
  assert.equal(perSecond(), 0)
  for (let job = 0; job < 120; job++) await house.enqueue('take-money')
  await house.pass(1_000)
  assert.equal(perSecond(), 2)
  await house.pass(89_000)
  assert.equal(perSecond(), 1)
  await house.pass(60_000)
  assert.equal(perSecond(), 0)
})

test('the next job is the best that waits, even when its time has not come', async (t) => {
  const house = new House()
  t.after(() => house.close())
  assert.equal(await house.run(runNextJob, {}), undefined)
  let runs = 0
  house.handle('send-text', async () => {
    runs++
    return done()
  })
  const soon = await house.enqueue('send-text', 'soon', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.enqueue('send-text', 'later', { runAtMs: house.clock.nowMs() + 90_000 })
  assert.equal(await house.run(runNextJob, {}), soon)
  await house.settle()
  assert.equal(runs, 1)
  assert.deepEqual(house.live(), ['send-text scheduled'])
})

test('failed jobs are forgotten one by one or all together', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('take-money', async () => discard('no'))
  const ids = [await house.enqueue('take-money'), await house.enqueue('take-money'), await house.enqueue('take-money')]
  await house.settle()
  assert.equal(await house.run(forgetFailedJob, { jobId: ids[1] ?? 0 }), 'forgotten')
  assert.equal(await house.run(forgetFailedJob, { jobId: ids[1] ?? 0 }), 'not-failed')
  assert.deepEqual(
    house.failed().map(({ id }) => id),
    [ids[0], ids[2]],
  )
  assert.equal(await house.run(flushFailedJobs, {}), 2)
  assert.deepEqual(house.failed(), [])
})
