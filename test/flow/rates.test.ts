import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { House } from './house.ts'

test('a key gets its runs at once and then one after the other; other keys do not wait for it', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const startMs = house.clock.nowMs()
  const served: [string, number][] = []
  house.handle('remind', async ({ what }) => {
    served.push([what, house.clock.nowMs() - startMs])
    return done()
  })
  for (let job = 0; job < 5; job++) await house.enqueue('remind', 'Amina')
  await house.enqueue('remind', 'Baraka')
  await house.settle()
  await house.pass(100_000, 1_000)
  assert.deepEqual(served, [
    ['Amina', 0],
    ['Amina', 0],
    ['Baraka', 0],
    ['Amina', 30_000],
    ['Amina', 60_000],
    ['Amina', 90_000],
  ])
  assert.deepEqual(house.live(), [])
})

test('a power cut does not give a key its runs anew', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let runs = 0
  house.handle('remind', async () => {
    runs += 1
    return done()
  })
  for (let job = 0; job < 4; job++) await house.enqueue('remind', 'Amina')
  await house.settle()
  await house.crash()
  await house.pass(10_000, 1_000)
  assert.equal(runs, 2)
  await house.drain()
  assert.equal(runs, 4)
})

test('a rate costs neither tries nor places, and a thousand waiting jobs move one at a time', async (t) => {
  const house = new House({ slots: { hotspot: 0, payments: 0, general: 7 } })
  t.after(() => house.close())
  await Promise.all(Array.from({ length: 1_000 }, () => house.enqueue('remind', 'Amina')))
  await house.pass(100, 1)
  const before = house.db.prepare('SELECT total_changes()').pluck().get() as number
  await house.pass(30_000, 1_000)
  const changes = (house.db.prepare('SELECT total_changes()').pluck().get() as number) - before
  assert.equal(house.jobs().length, 997)
  assert.ok(changes < 100, `${changes} rows written for one turn`)
  assert.ok(house.jobs().every(({ attempt, heldBy }) => attempt === 0 && heldBy === 'rate remind Amina'))
})
