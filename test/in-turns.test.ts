import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { inTurns } from '../src/in-turns.ts'

function setup(perTurn: number) {
  const done: number[] = []
  const turns = inTurns<number>(perTurn, (item) => done.push(item))
  const take = (count: number, from = 1) => {
    for (let item = from; item < from + count; item += 1) turns.take(item)
  }
  return { done, turns, take }
}

test('a few are done at once', () => {
  const { done, take } = setup(3)
  take(3)
  assert.deepEqual(done, [1, 2, 3])
})

test('of a heap so many are done in each turn, in order, and what else waits is done between', async () => {
  const { done, take } = setup(3)
  take(8)
  const seen = [done.length]
  while (done.length < 8) {
    await nextTurn()
    seen.push(done.length)
  }
  assert.deepEqual(seen, [3, 6, 8])
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8])
})

test('who comes while others wait does not overtake them', async () => {
  const { done, take } = setup(2)
  take(3)
  await nextTurn()
  take(2, 4)
  assert.deepEqual(done, [1, 2, 3, 4])
  await nextTurn()
  assert.deepEqual(done, [1, 2, 3, 4, 5])
})

test('what waits can be done now, and is done once', async () => {
  const { done, turns, take } = setup(1)
  take(3)
  turns.flush()
  assert.deepEqual(done, [1, 2, 3])
  await nextTurn()
  assert.deepEqual(done, [1, 2, 3])
})
