import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { failedJobs } from '../../src/flow/failed-job-table.ts'
import { type ListedState, liveJobs, placeOf } from '../../src/flow/job-list.ts'
import { pauseQueue, runJobNow } from '../../src/flow/queue-commands.ts'
import { queueStats } from '../../src/flow/queue-stats.ts'
import { nextRunAtMs, promoteDue, soonestScheduled } from '../../src/flow/scheduled-jobs.ts'
import { House } from './house.ts'
import { plansOf } from './query-plans.ts'

const NOBODY = { hotspot: 0, payments: 0, general: 0 }
const STATES = ['ready', 'scheduled', 'held', 'running'] as const

function setup(t: TestContext): House {
  const house = new House({ slots: NOBODY })
  t.after(() => house.close())
  return house
}

/** Reads every row of a table, or more than it gives. */
const isLong = (plan: string) =>
  /SCAN (jobs|failed_jobs)(?! USING (COVERING )?INDEX (jobs_running|failed_jobs_by_queue))/.test(plan)
const isSorted = (plan: string) => /TEMP B-TREE/.test(plan)

test('no list and no count of the queue reads jobs that it does not give', (t) => {
  const { db } = setup(t)
  const after = { place: 1, id: 1 }
  const plans = plansOf(db, (listening) => {
    for (const state of ['ready', 'scheduled', 'held'] as const) {
      liveJobs(listening, { state, limit: 50 })
      liveJobs(listening, { state, after, limit: 50 })
      liveJobs(listening, { state, queue: 'payments', name: 'take-money', after, limit: 50 })
    }
    failedJobs(listening, { limit: 50 })
    failedJobs(listening, { queue: 'payments', name: 'take-money', limit: 50 })
    queueStats(listening, NOBODY, 0)
    nextRunAtMs(listening)
    soonestScheduled(listening)
    promoteDue(listening, 0, () => 0)
  })
  assert.ok(plans.length > 50)
  assert.deepEqual(
    plans.filter((plan) => isLong(plan) || isSorted(plan)),
    [],
  )
  const all = plansOf(db, (listening) => listening.prepare("SELECT * FROM jobs WHERE state = 'ready' ORDER BY id"))
  assert.ok(all.some(isLong), 'the look would find a scan')
})

test('waiting jobs are listed in the order in which they will run, over all queues, page after page', async (t) => {
  const house = setup(t)
  const nowMs = house.clock.nowMs()
  for (const name of ['send-text', 'take-money', 'open-door']) await house.enqueue(name, 'now')
  for (const [name, inMs] of [
    ['send-text', 1_000],
    ['take-money', 3_000],
    ['open-door', 2_000],
    ['take-money', 1_000],
  ] as const) {
    await house.enqueue(name, 'later', { runAtMs: nowMs + inMs })
  }
  await house.run(pauseQueue, { name: 'payments', untilMs: null, reason: '' })
  const pages = (state: ListedState) => {
    const names: string[] = []
    for (let after: { place: number; id: number } | undefined; ; ) {
      const [job] = liveJobs(house.db, { state, limit: 1, ...(after && { after }) })
      if (!job) return names
      names.push(job.name)
      after = { place: placeOf(state, job), id: job.id }
    }
  }
  assert.deepEqual(pages('ready'), ['take-money', 'open-door', 'send-text'])
  assert.deepEqual(pages('scheduled'), ['send-text', 'take-money', 'open-door', 'take-money'])
  await house.run(runJobNow, { jobId: liveJobs(house.db, { state: 'scheduled', limit: 1 })[0]?.id ?? 0 })
  assert.deepEqual(pages('ready'), ['send-text', 'take-money', 'open-door', 'send-text'])
  const narrowed = STATES.map((state) => liveJobs(house.db, { state, name: 'send-text', limit: 9 }).length)
  assert.deepEqual(narrowed, [2, 0, 0, 0])
})
