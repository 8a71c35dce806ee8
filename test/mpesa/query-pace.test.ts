import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openQueryPace } from '../../src/mpesa/query-pace.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

function setup(spacingMs = 12_000) {
  const clock = new SteppedClock()
  const pace = openQueryPace({ clock, spacingMs })
  /** How long after one turn the next one comes. */
  const spacing = () => {
    while (!pace.take().ok) clock.step(1)
    const next = pace.take()
    return next.ok ? 0 : next.waitMs
  }
  const times = (count: number, act: () => void) => {
    for (let i = 0; i < count; i++) act()
  }
  return { clock, pace, spacing, times }
}

test('the first question is asked at once, the second one spacing later', () => {
  const { clock, pace } = setup()
  assert.deepEqual(pace.take(), { ok: true })
  assert.deepEqual(pace.take(), { ok: false, waitMs: 12_000 })
  clock.step(11_999)
  assert.deepEqual(pace.take(), { ok: false, waitMs: 1 })
  clock.step(1)
  assert.deepEqual(pace.take(), { ok: true })
})

test('twenty clean answers halve the spacing, never below a second', () => {
  const { pace, spacing, times } = setup()
  times(19, pace.clean)
  assert.equal(spacing(), 12_000)
  pace.clean()
  assert.equal(spacing(), 6_000)
  times(400, pace.clean)
  assert.equal(spacing(), 1_000)
})

test('a refusal doubles the spacing and starts the streak anew, up to five minutes', () => {
  const { pace, spacing, times } = setup()
  times(19, pace.clean)
  pace.slowDown('a')
  pace.clean()
  assert.equal(spacing(), 24_000)
  times(50, () => pace.slowDown('a'))
  assert.equal(spacing(), 300_000)
})

test('who was asked about rests, but not when the question was refused', () => {
  const { pace } = setup()
  const prompts = [{ paymentId: 'newest' }, { paymentId: 'older' }]
  assert.equal(pace.choose(prompts, 15_000)?.paymentId, 'newest')
  assert.equal(pace.choose(prompts, 15_000)?.paymentId, 'older')
  assert.equal(pace.choose(prompts, 15_000), undefined)
  pace.slowDown('newest')
  assert.equal(pace.choose(prompts, 15_000)?.paymentId, 'newest')
})

test('a site that is set to ask faster than once a second may, and waits are whole milliseconds', () => {
  const { pace, spacing, times } = setup(101)
  times(100, pace.clean)
  assert.equal(spacing(), 101)
  const odd = setup(5_001)
  odd.times(20, odd.pace.clean)
  assert.equal(odd.spacing(), 2_501)
})

test('a clock that is set back does not stop the asking', () => {
  const { clock, pace } = setup()
  pace.take()
  clock.step(-3_600_000)
  assert.deepEqual(pace.take(), { ok: true })
  assert.equal(pace.take().ok, false)
})
