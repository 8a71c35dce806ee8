import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offlineDelayMs, retryDelayMs } from '../../src/flow/retry-policy.ts'

const middle = () => 0.5

test('waits grow by four from ten seconds to an hour', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 60].map((attempt) => retryDelayMs(attempt, undefined, middle)),
    [10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000],
  )
})

test("a job's own waits are taken in turn, and the last repeats", () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((attempt) => retryDelayMs(attempt, [1_000, 5_000], middle)),
    [1_000, 5_000, 5_000, 5_000],
  )
  assert.equal(retryDelayMs(1, [], middle), 10_000)
})

test('no two jobs that failed together come back together: a quarter more or less', () => {
  assert.equal(
    retryDelayMs(1, undefined, () => 0),
    7_500,
  )
  assert.equal(
    retryDelayMs(1, undefined, () => 0.9999999),
    12_500,
  )
})

test('looks at an absent far end get rarer, but never rarer than once a minute', () => {
  assert.deepEqual([1, 2, 5, 6, 2_000].map(offlineDelayMs), [2_000, 4_000, 32_000, 60_000, 60_000])
})
