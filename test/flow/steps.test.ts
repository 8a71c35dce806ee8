import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard, done, retry, retryAfter } from '../../src/flow/job-outcome.ts'
import { errorsOf } from '../../src/flow/job-table.ts'
import { retryFailedJob } from '../../src/flow/queue-commands.ts'
import { House } from './house.ts'

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

test('a step that has ended is not done again after a power cut, and its result is known', async (t) => {
  const house = setup(t)
  let pours = 0
  let power = false
  const seen: unknown[] = []
  house.handle('open-door', async (_, { step }) => {
    seen.push(await step('pour', async () => ({ cup: ++pours })))
    if (!power) await new Promise(() => {})
    seen.push(await step('drink', async () => 'good'))
    return done()
  })
  await house.enqueue('open-door')
  await house.settle()
  power = true
  await house.crash()
  assert.deepEqual(seen, [{ cup: 1 }, { cup: 1 }, 'good'])
  assert.deepEqual(house.live(), [])
})

test('steps stay done over retries, also those of an operator', async (t) => {
  const house = setup(t)
  let pours = 0
  let broken = true
  house.handle('take-money', async (_, { step, attempt }) => {
    await step('pour', async () => ++pours)
    if (attempt === 1 && broken) return retry('spilled')
    return broken ? discard('empty') : done()
  })
  const jobId = await house.enqueue('take-money')
  await house.drain()
  assert.equal(house.failed().length, 1)
  broken = false
  await house.run(retryFailedJob, { jobId })
  await house.drain()
  assert.equal(pours, 1)
})

test('a run that lost its job keeps no step', async (t) => {
  const house = setup(t)
  const refused: unknown[] = []
  let runs = 0
  house.handle('open-door', async (_, { step }) => {
    if (++runs > 1) return new Promise(() => {})
    await new Promise<void>((resolve) => house.clock.after(40_000, resolve))
    await step('late', async () => 1).catch((thrown) => refused.push(thrown.code))
    return done()
  })
  await house.enqueue('open-door')
  await house.settle()
  await house.pass(60_000, 1_000)
  assert.deepEqual(refused, ['stale-run'])
  assert.equal(house.jobs()[0]?.progress, '{}')
})

test('a far end that says when to come again is heard, and that was a try', async (t) => {
  const house = setup(t)
  const atMs: number[] = []
  house.handle('take-money', async () => {
    atMs.push(house.clock.nowMs())
    return atMs.length === 1 ? retryAfter(77_000, 'too many requests') : done()
  })
  await house.enqueue('take-money')
  await house.settle()
  assert.deepEqual(
    house.jobs().map(({ attempt, errors }) => [attempt, errorsOf({ errors }).at(-1)?.message]),
    [[1, 'too many requests']],
  )
  await house.pass(80_000, 1_000)
  assert.equal((atMs[1] ?? 0) - (atMs[0] ?? 0), 77_000)
})
