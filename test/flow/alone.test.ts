import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { bestReady } from '../../src/flow/job-table.ts'
import { gate, House } from './house.ts'
import { CLAIM_OF_TWO_QUEUES, plansOf } from './query-plans.ts'

/** Painting takes until the test says so. */
function setup(t: TestContext, general = 2) {
  const house = new House({ slots: { hotspot: 3, payments: 2, general } })
  t.after(() => house.close())
  const painting: (() => void)[] = []
  house.handle('paint-house', async () => {
    const { promise, resolve } = gate<void>()
    painting.push(resolve)
    await promise
    return done()
  })
  return { house, painting }
}

test('jobs that take long never hold all workers of their pool: what is short goes past those that wait', async (t) => {
  const { house, painting } = setup(t)
  for (const what of ['1', '2', '3']) await house.enqueue('paint-house', what)
  await house.enqueue('close-shop')
  await house.settle()
  assert.deepEqual(house.live(), ['paint-house ready', 'paint-house ready', 'paint-house running'])
  assert.equal(painting.length, 1)
  painting[0]?.()
  await house.settle()
  assert.equal(painting.length, 2)
})

test('one runs at a time, however many workers there are', async (t) => {
  const { house, painting } = setup(t, 10)
  for (const what of ['1', '2', '3']) await house.enqueue('paint-house', what)
  await house.settle()
  assert.equal(painting.length, 1)
})

test('a pool with one worker does them, too', async (t) => {
  const { house, painting } = setup(t, 1)
  await house.enqueue('paint-house')
  await house.settle()
  painting[0]?.()
  await house.settle()
  assert.deepEqual(house.live(), [])
})

test('while one runs the claim passes over the others by the index, in order, without a sort', (t) => {
  const { house } = setup(t)
  const plans = plansOf(house.db, (db) => bestReady(db, 'payments', 0, 2, ['take-money']))
  assert.deepEqual(plans, CLAIM_OF_TWO_QUEUES)
})
