import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { watchClockSteps } from '../../src/flow/clock-steps.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { followClock, tickSchedule } from '../../src/flow/queue-commands.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { House } from './house.ts'

test('a clock that was set is noticed, with how far; one that only runs is not', async () => {
  const clock = new SteppedClock()
  let setByMs = 0
  const steps: number[] = []
  const startMs = clock.nowMs()
  const stop = watchClockSteps({
    clock: { nowMs: () => clock.nowMs() + setByMs, after: (ms, callback) => clock.after(ms, callback) },
    monotonicMs: () => clock.nowMs() - startMs,
    stepped: async (byMs) => steps.push(byMs) > 0,
  })
  clock.step(60_000)
  assert.deepEqual(steps, [])
  setByMs = 86_400_000
  clock.step(30_000)
  await setImmediate()
  assert.deepEqual(steps, [86_400_000])
  setByMs -= 7_200_000
  clock.step(10_000)
  await setImmediate()
  assert.deepEqual(steps, [86_400_000, -7_200_000])
  // The network's slow correction is no step.
  for (let looks = 0; looks < 100; looks++) {
    setByMs += 5
    clock.step(10_000)
  }
  assert.equal(steps.length, 2)
  stop()
  setByMs = 0
  clock.step(60_000)
  assert.equal(steps.length, 2)
})

test('a step that could not be stored is told again, with what was added to it', async () => {
  const clock = new SteppedClock()
  let setByMs = 0
  let isDiskFull = true
  const steps: number[] = []
  const startMs = clock.nowMs()
  const stop = watchClockSteps({
    clock: { nowMs: () => clock.nowMs() + setByMs, after: (ms, callback) => clock.after(ms, callback) },
    monotonicMs: () => clock.nowMs() - startMs,
    stepped: async (byMs) => {
      steps.push(byMs)
      return !isDiskFull
    },
  })
  const look = async () => {
    clock.step(10_000)
    await setImmediate()
  }
  setByMs = -3_600_000
  await look()
  setByMs -= 60_000
  await look()
  isDiskFull = false
  await look()
  await look()
  assert.deepEqual(steps, [-3_600_000, -3_660_000, -3_660_000])
  stop()
})

test('when the clock is set back, jobs keep their wait and their place', async (t) => {
  const house = new House({ slots: { hotspot: 1, payments: 1, general: 1 } })
  t.after(() => house.close())
  const order: string[] = []
  house.handle('open-door', async ({ what }) => {
    order.push(what)
    return done()
  })
  const nowMs = house.clock.nowMs()
  await house.enqueue('open-door', 'in a minute', { runAtMs: nowMs + 60_000 })
  house.db.prepare('UPDATE jobs SET run_at_ms = run_at_ms + 3600000, ord = ord + 3600000').run()
  // As if all of it had been stored an hour ahead.
  await house.run(followClock, { byMs: -3_600_000 })
  await house.pass(59_000)
  assert.deepEqual(order, [])
  await house.pass(1_000)
  assert.deepEqual(order, ['in a minute'])
})

test('a slot is used once, however often it is told; after the clock was set back slots count again', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let runs = 0
  house.handle('sweep-floor', async () => {
    runs++
    return done()
  })
  const tick = async (slotMs: number) => {
    await house.run(tickSchedule, { name: 'sweep-floor', slotMs })
    await house.settle()
  }
  await tick(2_000_000)
  await tick(2_000_000)
  assert.equal(runs, 1)
  await house.crash()
  await tick(2_000_000)
  assert.equal(runs, 1)
  await tick(2_060_000)
  assert.equal(runs, 2)
  await tick(1_000_000)
  assert.equal(runs, 3)
})

test('a tick makes no second job while the last one still works', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('sweep-floor', () => new Promise(() => {}))
  await house.run(tickSchedule, { name: 'sweep-floor', slotMs: 60_000 })
  await house.run(tickSchedule, { name: 'sweep-floor', slotMs: 120_000 })
  await house.settle()
  assert.deepEqual(house.live(), ['sweep-floor running'])
})
