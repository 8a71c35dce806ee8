import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as z from 'zod'
import { holdsOfKind } from '../../src/flow/hold-table.ts'
import { done, effect, type JobOutcome, offline, retry, unanswered } from '../../src/flow/job-outcome.ts'
import type { RunServices } from '../../src/flow/job-run.ts'
import { errorsOf } from '../../src/flow/job-table.ts'
import { gate, House } from './house.ts'
import { noteFact } from './test-jobs.ts'

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

const never = () => new Promise<never>(() => {})

/** A handler that ends as soon as it is told to. */
const heeding = (_: unknown, { signal }: RunServices) =>
  new Promise<JobOutcome>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a handler that takes too long is told to stop, and that was a try', async (t) => {
  const house = setup(t)
  house.handle('open-door', heeding)
  await house.enqueue('open-door')
  await house.settle()
  await house.pass(29_999)
  assert.deepEqual(house.live(), ['open-door running'])
  await house.pass(1)
  assert.deepEqual(house.live(), ['open-door scheduled'])
  const [job] = house.jobs()
  assert.deepEqual(
    errorsOf(job ?? { errors: '[]' }).map(({ attempt, kind, message }) => [attempt, kind, message]),
    [[1, 'timeout', 'open-door took longer than 30000 ms']],
  )
})

test('a handler that never settles is fenced off after its time and a grace; the next run is not disturbed by it', async (t) => {
  const house = setup(t)
  const late = gate<void>()
  const refused: unknown[] = []
  let runs = 0
  house.handle('open-door', async (_, { store }) => {
    if (++runs > 1) return never()
    await late.promise
    await store.run(noteFact, {}).catch((thrown) => refused.push(thrown.code))
    return done(effect(noteFact, {}))
  })
  await house.enqueue('open-door')
  await house.settle()
  await house.pass(34_999)
  assert.deepEqual(house.live(), ['open-door running'])
  await house.pass(1)
  assert.deepEqual(house.live(), ['open-door scheduled'])
  await house.pass(15_000)
  assert.equal(runs, 2)
  late.resolve()
  await house.settle()
  assert.deepEqual(refused, ['stale-run'])
  assert.deepEqual(house.facts, [])
  assert.deepEqual(house.live(), ['open-door running'])
})

test('a stop tells every handler; what ends in time is stored, what was cut short goes back without a try', async (t) => {
  const house = setup(t)
  house.handle('open-door', heeding)
  house.handle('take-money', async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return done(effect(noteFact, {}))
  })
  await house.enqueue('open-door')
  await house.enqueue('take-money')
  await house.settle()
  const stopped = house.pools.stop(5_000)
  await house.pass(4_000)
  await stopped
  assert.equal(house.facts.length, 1)
  const [job] = house.jobs()
  assert.deepEqual([job?.name, job?.attempt, job?.rescues], ['open-door', 0, 0])
})

test('a call that a stop cuts off says nothing about who was called: nobody waits for him at the next start', async (t) => {
  const house = setup(t)
  let runs = 0
  house.handle('set-up-router', async (_, { signal }) => {
    if (++runs > 1) return done()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return offline('we gave up waiting', 'router 1')
  })
  await house.enqueue('set-up-router', '1')
  await house.settle()
  const stopped = house.pools.stop(5_000)
  await house.pass(4_000)
  await stopped
  assert.deepEqual(holdsOfKind(house.db, 'target'), [])
  await house.crash()
  await house.settle()
  assert.equal(runs, 2)
  assert.deepEqual(house.live(), [])
})

test('an SMS that a stop cuts off counts as lost, and its gateway not as silent', async (t) => {
  const house = setup(t)
  house.handle('set-up-router', async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return unanswered(done(effect(noteFact, {})), 'no answer')
  })
  await house.enqueue('set-up-router', '1')
  await house.settle()
  const stopped = house.pools.stop(5_000)
  await house.pass(5_000, 1_000)
  await stopped
  assert.deepEqual(holdsOfKind(house.db, 'target'), [])
  assert.deepEqual(house.live(), [])
})

test('a handler that ignores the stop is left behind in time; its job goes back without a try or a rescue', async (t) => {
  const house = setup(t)
  let runs = 0
  house.handle('open-door', async () => (++runs > 1 ? done() : never()))
  await house.enqueue('open-door')
  await house.settle()
  const stopped = house.pools.stop(5_000)
  await house.pass(5_000, 1_000)
  await stopped
  const [job] = house.jobs()
  assert.deepEqual([job?.attempt, job?.rescues], [0, 0])
  await house.crash()
  assert.equal(runs, 2)
  assert.deepEqual(house.live(), [])
})

test('a stop cuts nobody off who gets done by himself in time', async (t) => {
  const house = setup(t)
  const answer = gate<void>()
  const told: boolean[] = []
  house.handle('take-money', async (_, { signal }) => {
    await answer.promise
    told.push(signal.aborted)
    return done(effect(noteFact, {}))
  })
  house.handle('open-door', async () => {
    await answer.promise
    throw new Error('the far end said no')
  })
  await house.enqueue('take-money')
  await house.enqueue('open-door')
  await house.settle()
  const stopped = house.pools.stop(5_000)
  await house.pass(3_900)
  answer.resolve()
  await stopped
  assert.deepEqual(told, [false])
  assert.equal(house.facts.length, 1)
  assert.deepEqual(
    house.jobs().map(({ name, attempt }) => [name, attempt]),
    [['open-door', 1]],
  )
})

for (const [ended, says] of [
  ['offline', 'that it cannot reach its target'],
  ['retry', 'that it must be tried again'],
] as const)
  test(`a handler that is out of time and says ${says} has used up a try, and its target is not down`, async (t) => {
    const house = setup(t)
    house.handle('set-up-router', async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return ended === 'offline' ? offline('no answer', 'router 1') : retry('no answer')
    })
    await house.enqueue('set-up-router', '1')
    await house.settle()
    await house.pass(30_000)
    const [job] = house.jobs()
    assert.deepEqual([job?.attempt, job?.heldBy], [1, null])
    assert.deepEqual(
      errorsOf(job ?? { errors: '[]' }).map(({ kind }) => kind),
      ['timeout'],
    )
    await house.pass(15_000)
    const stopped = house.pools.stop(5_000)
    await house.pass(5_000, 1_000)
    await stopped
    const [again] = house.jobs()
    assert.deepEqual([again?.attempt, again?.heldBy], [1, null], 'a stop costs nothing')
  })

test('a job that arrives while the pools stop goes back unrun', async (t) => {
  const house = setup(t)
  let runs = 0
  house.handle('open-door', async () => {
    runs++
    return done()
  })
  const pools = house.pools
  await pools.stop(1_000)
  await house.enqueue('open-door')
  for (let turns = 0; turns < 3; turns++) await house.settle()
  assert.equal(runs, 0)
  assert.equal(house.jobs()[0]?.attempt, 0)
})

test('a payload from an older release that no longer fits is put away, not run', async (t) => {
  const house = setup(t)
  await house.enqueue('open-door', 'it', { runAtMs: house.clock.nowMs() + 1_000 })
  house.db.prepare(`UPDATE jobs SET payload = '{"who":"me"}'`).run()
  await house.drain()
  assert.match(house.failed()[0]?.reason ?? '', /^payload does not fit/)
})

test('a schema that throws is a failed try, not the end of the thread', async (t) => {
  let stored = false
  const payload = z.looseObject({}).refine(() => {
    if (stored) throw new Error('a bug in a schema')
    return true
  })
  const house = new House({ catalogue: { payments: { odd: { payload, timeoutMs: 1_000, run: async () => done() } } } })
  t.after(() => house.close())
  await house.enqueue('odd', 'it', { runAtMs: house.clock.nowMs() + 1_000 })
  stored = true
  await house.pass(1_000)
  assert.deepEqual(house.live(), ['odd scheduled'])
})

test('what a job threw is logged with its id and name, never its payload', async (t) => {
  const house = setup(t)
  house.handle('take-money', async () => {
    throw new Error('far end said no')
  })
  const jobId = await house.enqueue('take-money', '254712345678')
  await house.settle()
  const line = house.logLines.find(({ msg }) => msg === 'a job threw')
  assert.equal(line?.jobId, jobId)
  assert.equal(line?.job, 'take-money')
  assert.doesNotMatch(JSON.stringify(house.logLines), /254712345678/)
})
