import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard, done, type Effect, effect, type JobOutcome, retry, snooze } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { gate, House } from './house.ts'

/** A house whose door opener is busy until told what its first run comes to. */
async function setup(t: TestContext, name: 'open-door' | 'sweep-floor') {
  const house = new House()
  t.after(() => house.close())
  const first = gate<JobOutcome>()
  let runs = 0
  house.handle(name, async () => {
    runs += 1
    return runs === 1 ? first.promise : done()
  })
  await house.enqueue(name, 'front')
  await house.settle()
  assert.equal(runs, 1)
  return { house, first, runs: () => runs }
}

for (const outcome of [done(), discard('nobody is there'), snooze(600_000)]) {
  test(`a job that is ordered while it runs is run once more after it came to "${outcome.kind}"`, async (t) => {
    const { house, first, runs } = await setup(t, 'open-door')
    for (let order = 0; order < 3; order++) await house.enqueue('open-door', 'front')
    first.resolve(outcome)
    await house.settle()
    assert.equal(runs(), 2)
    assert.deepEqual(house.live(), [])
    assert.deepEqual(house.failed(), [])
  })
}

for (const end of [done, (...effects: Effect[]) => snooze(600_000, ...effects)]) {
  const again = effect(enqueueJob, { name: 'open-door', payload: { what: 'front' } })
  test(`a run that comes to "${end().kind}" and among its effects orders its job once more gets it`, async (t) => {
    const { house, first, runs } = await setup(t, 'open-door')
    first.resolve(end(again))
    await house.settle()
    assert.equal(runs(), 2)
    assert.deepEqual(house.live(), [])
  })
}

test('a run that is tried again sees what is true then, and is not run a third time', async (t) => {
  const { house, first, runs } = await setup(t, 'open-door')
  await house.enqueue('open-door', 'front')
  first.resolve(retry('the key is stuck'))
  await house.settle()
  await house.pass(60_000)
  assert.equal(runs(), 2)
  assert.deepEqual(house.live(), [])
})

test('the last try of a job that was ordered meanwhile is not the last', async (t) => {
  const { house, first, runs } = await setup(t, 'open-door')
  house.db.prepare('UPDATE jobs SET attempt = max_attempts - 1').run()
  await house.enqueue('open-door', 'front')
  first.resolve(retry('the key is stuck'))
  await house.settle()
  assert.equal(runs(), 2)
  assert.deepEqual(house.failed(), [])
})

test('an order survives a power cut in the middle of the run, which runs once more anyway', async (t) => {
  const { house, runs } = await setup(t, 'open-door')
  await house.enqueue('open-door', 'front')
  await house.crash()
  await house.settle()
  assert.equal(runs(), 2)
  assert.deepEqual(house.live(), [])
})

test('a job that does not ask for it is not run again', async (t) => {
  const { house, first, runs } = await setup(t, 'sweep-floor')
  await house.enqueue('sweep-floor', 'front')
  first.resolve(done())
  await house.settle()
  assert.equal(runs(), 1)
})
