import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '../../jobs/catalogue.ts'
import { openStay } from '../access/stay.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openJobHouse } from './job-house.ts'
import { runJob } from './run-job.ts'

const scheduled = Object.values(catalogue).flatMap((jobs) =>
  Object.entries(jobs).flatMap(([name, job]) => ('schedule' in job ? name : [])),
)

test('every scheduled job comes to its end by a clock that was never set, and takes nothing from anybody', async (t) => {
  const house = openJobHouse(t)
  const stay = openStay(house)
  stay.account({ status: 'start' })
  openSubscriber(house, { paidUntilMs: house.clock.nowMs() + DAY_MS })
  openPurchase(house).prompted().paid()
  // Of what waits the times are as they were; only new jobs and facts come.
  const state = () => house.snapshot().filter(([table]) => table !== 'jobs' && table !== 'journal')
  const before = state()
  house.clock.step(5_000 - house.clock.nowMs())
  assert.ok(scheduled.length >= 20)
  for (const name of scheduled) {
    const { kind } = await runJob(house, name, {}, house.services)
    assert.ok(kind === 'done' || kind === 'snooze', `${name} came to ${kind}`)
  }
  assert.deepEqual(state(), before)
  assert.equal(house.facts('access.ended').length, 0)
})
