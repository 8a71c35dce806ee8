import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bestReady } from '../../src/flow/claim-table.ts'
import { kindsOf } from '../../src/flow/job-kinds.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { Queue } from '../../src/flow/queue.ts'
import { House } from './house.ts'
import { CLAIM_OF_TWO_QUEUES, plansOf } from './query-plans.ts'
import { testJobs } from './test-jobs.ts'

const SLOTS = { hotspot: 3, payments: 2, general: 2 }
const WORK_MS = 10
const ARRIVALS_MS = 60_000

test('a flood on a high queue cannot starve a low one: two workers, 105 % load, a minute', (t) => {
  const house = new House({ slots: { hotspot: 0, payments: 0, general: 0 } })
  t.after(() => house.close())
  let nowMs = 0
  const parts = { db: house.db, kinds: kindsOf(testJobs(new Map())), boot: 1, log: house.log }
  const queue = new Queue({ ...parts, nowMs: () => nowMs, failed: () => assert.fail() })

  const served = { 'take-money': 0, 'send-text': 0 } as Record<string, number>
  const lowWaitsMs: number[] = []
  let highDue = 0
  house.db.transaction(() => {
    for (; nowMs < ARRIVALS_MS + 2_000; nowMs += WORK_MS) {
      if (nowMs < ARRIVALS_MS) {
        // 2 x 100 jobs/s fit; the high queue alone is offered 210.
        for (highDue += 2.1; highDue >= 1; highDue--) queue.enqueue({ name: 'take-money', payload: {} })
        if (nowMs % 100 === 0) queue.enqueue({ name: 'send-text', payload: { what: String(nowMs) } })
      }
      for (const job of queue.claim(SLOTS)) {
        served[job.name] = (served[job.name] ?? 0) + 1
        if (job.name === 'send-text') lowWaitsMs.push(nowMs - Number((job.payload as { what: string }).what))
        queue.runs.finish(queue.runs.assertOurs(job), done(), WORK_MS)
      }
    }
  })()
  // Strict priority served 1 of 600.
  assert.ok((served['send-text'] ?? 0) > 480, `${served['send-text']} of 600 low jobs`)
  // A low job waits its slack (5 s) and the backlog of this overload (10 % of a minute), not for ever.
  assert.ok(Math.max(...lowWaitsMs) < 15_000, `${Math.max(...lowWaitsMs)} ms`)
  // And the high queue is not the one that starves.
  assert.ok((served['take-money'] ?? 0) > 11_000, `${served['take-money']} high jobs`)
})

test('with time to spare the higher queue goes first', async (t) => {
  const house = new House({ slots: { hotspot: 1, payments: 1, general: 1 } })
  t.after(() => house.close())
  const order: string[] = []
  for (const name of ['take-money', 'send-text']) {
    house.handle(name, async ({ what }) => {
      order.push(what)
      return done()
    })
  }
  const all = ['text 1', 'text 2', 'money 1', 'money 2'].map((what) =>
    house.enqueue(what.startsWith('text') ? 'send-text' : 'take-money', what),
  )
  await Promise.all(all)
  for (let turns = 0; turns < 5; turns++) await house.settle()
  assert.deepEqual(order, ['money 1', 'money 2', 'text 1', 'text 2'])
})

test('the claim finds its jobs by the index, in order, without a sort', (t) => {
  const house = new House()
  t.after(() => house.close())
  const plans = plansOf(house.db, (db) => bestReady(db, 'payments', 0, 2))
  assert.deepEqual(plans, CLAIM_OF_TWO_QUEUES)
})
