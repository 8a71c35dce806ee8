import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { done } from '../../src/flow/job-outcome.ts'
import { tickSchedule } from '../../src/flow/queue-commands.ts'
import { House } from './house.ts'
import { noteFact } from './test-jobs.ts'

test('no job begins until nobody of a crowd has come for a while, although commits without anybody come between', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let served = 0
  house.handle('take-money', async () => {
    served += 1
    return done()
  })
  await Promise.all(Array.from({ length: 40 }, (_, n) => house.enqueue('take-money', String(n))))
  await house.pass(40, 10)
  await house.enqueue('take-money', 'one more')
  await house.pass(40, 10)
  assert.equal(served, 0)
  await house.pass(20, 10)
  assert.notEqual(served, 0)
  await house.drain()
  assert.equal(served, 41)
})

test('a job that comes due while a crowd lasts and lasts has its turn', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const beganAtMs = house.clock.nowMs()
  let servedAtMs: number | undefined
  house.handle('take-money', async () => {
    servedAtMs ??= house.clock.nowMs()
    return done()
  })
  await house.enqueue('take-money', 'later', { runAtMs: beganAtMs + 200 })
  let isOver = false
  const callers = Array.from({ length: 40 }, async () => {
    while (!isOver) await house.run(noteFact, {})
  })
  for (let ms = 0; ms < 10_000 && servedAtMs === undefined; ms += 20) {
    house.clock.step(20)
    await turn()
  }
  isOver = true
  await Promise.all(callers)
  assert.ok(
    servedAtMs !== undefined && servedAtMs - beganAtMs < 1_500,
    `served at ${servedAtMs}, begun at ${beganAtMs}`,
  )
})

test('a few customers and all that the clock does at the full minute are no crowd', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let served = 0
  house.handle('take-money', async () => {
    served += 1
    return done()
  })
  const slotMs = house.clock.nowMs()
  await Promise.all([
    ...Array.from({ length: 14 }, (_, n) => house.enqueue('take-money', String(n))),
    ...Array.from({ length: 20 }, (_, n) => house.run(tickSchedule, { name: 'sweep-floor', slotMs: slotMs + n })),
  ])
  await house.settle()
  assert.notEqual(served, 0)
})
