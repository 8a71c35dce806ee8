import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { endedJobs } from '../../src/flow/ended-job-table.ts'
import { discard, done, retry, snooze } from '../../src/flow/job-outcome.ts'
import { errorsOf } from '../../src/flow/job-table.ts'
import { pruneFailedJobs, retryFailedJob } from '../../src/flow/queue-commands.ts'
import { queueMinutes } from '../../src/flow/queue-minute-table.ts'
import { queueStats } from '../../src/flow/queue-stats.ts'
import { addTime, addTimes, type Times, timeAt } from '../../src/flow/run-times.ts'
import { House } from './house.ts'

const WORKERS = { hotspot: 3, payments: 2, general: 2 }
const DAY_MS = 24 * 3_600_000

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

test('percentiles from buckets are never below the truth and at most a fifth above it', () => {
  const times: Times = {}
  const all = Array.from({ length: 5_000 }, (_, n) => (n * 7_919) % 60_000)
  for (const ms of all) addTime(times, ms)
  all.sort((a, b) => a - b)
  for (const percent of [50, 90, 99]) {
    const truth = all[Math.ceil((all.length * percent) / 100) - 1] ?? 0
    const told = timeAt(times, percent) ?? 0
    assert.ok(told >= truth && told <= truth * 1.2, `p${percent}: ${told} for ${truth}`)
  }
  assert.equal(timeAt({}, 50), null)
  assert.equal(timeAt(addTimes({ 0: 1 }, { 40: 1 }), 50), 0)
})

test('each minute knows how its runs fared and how long their jobs had waited', async (t) => {
  const house = setup(t)
  const ends = [done(), retry('no'), snooze(600_000), discard('never')]
  house.handle('take-money', async () => ends.shift() ?? done())
  for (let job = 0; job < 4; job++) await house.enqueue('take-money')
  await house.pass(1_000)
  const [minute] = queueMinutes(house.db, 0, 'payments')
  assert.deepEqual([minute?.done, minute?.failedRuns, minute?.otherRuns], [1, 2, 1])
  assert.equal(
    Object.values(minute?.waits ?? {}).reduce((sum, count) => sum + count),
    4,
  )
  assert.deepEqual(queueMinutes(house.db, 0, 'dashboard'), [])
  const payments = () => queueStats(house.db, WORKERS, house.clock.nowMs()).queues.find((q) => q.name === 'payments')
  assert.ok((payments()?.wait.p99Ms ?? -1) >= 0)
  await house.pass(2 * 3_600_000, 600_000)
  await house.crash()
  assert.equal(queueMinutes(house.db, 0, 'payments').length >= 1, true)
})

test('minutes are kept for two weeks', async (t) => {
  const house = setup(t)
  await house.enqueue('take-money')
  await house.settle()
  await house.pass(15 * DAY_MS)
  await house.enqueue('take-money')
  await house.settle()
  assert.equal(queueMinutes(house.db, 0).length, 1)
})

test('the last thousand ended jobs can be looked at, of a flood only some', async (t) => {
  const house = setup(t)
  const quiet = await house.enqueue('take-money', 'quiet')
  await house.settle()
  assert.deepEqual(
    endedJobs(house.db, { limit: 5 }).map(({ id, outcome, payload }) => [id, outcome, payload]),
    [[quiet, 'done', '{"what":"quiet"}']],
  )
  for (let batch = 0; batch < 110; batch++) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => house.enqueue('open-door', `${batch}.${n}`)))
    await house.pass(1_000)
  }
  await house.drain()
  const all = endedJobs(house.db, { limit: 5_000 })
  assert.equal(all.length, 1_000)
  assert.ok(!all.some(({ id }) => id === quiet))
  assert.deepEqual(endedJobs(house.db, { limit: 5, name: 'take-money' }), [])
})

test('failed jobs that nobody looked after are pruned by age, a batch at a time', async (t) => {
  const house = setup(t)
  house.handle('take-money', async () => discard('no'))
  await Promise.all(Array.from({ length: 600 }, () => house.enqueue('take-money')))
  await house.drain()
  await house.pass(DAY_MS)
  await house.enqueue('take-money')
  await house.settle()
  const beforeMs = house.clock.nowMs() - 3_600_000
  assert.deepEqual(await house.run(pruneFailedJobs, { beforeMs }), { pruned: 500, more: true })
  assert.deepEqual(await house.run(pruneFailedJobs, { beforeMs }), { pruned: 100, more: false })
  assert.equal(house.failed().length, 1)
})

test('the errors of a job that is retried for ever do not grow for ever; the last ones stay', async (t) => {
  const house = setup(t)
  let tries = 0
  house.handle('ring-bell', async () => retry(`try ${++tries}`))
  const jobId = await house.enqueue('ring-bell')
  await house.drain()
  for (let again = 0; again < 40; again++) {
    await house.run(retryFailedJob, { jobId })
    await house.drain()
  }
  const errors = errorsOf(house.failed()[0] ?? { errors: '[]' })
  assert.equal(errors.length, 50)
  assert.equal(errors.at(-1)?.message, `try ${tries}`)
})
