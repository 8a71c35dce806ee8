import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done, effect } from '../../src/flow/job-outcome.ts'
import type { RunServices } from '../../src/flow/job-run.ts'
import { errorsOf } from '../../src/flow/job-table.ts'
import { gate, House } from './house.ts'
import { noteFact } from './test-jobs.ts'

const never = () => new Promise<never>(() => {})

/** A job that was lost several times is given time. */
async function comesBack(house: House): Promise<void> {
  while (house.live().includes('open-door scheduled')) await house.pass(1_000)
}

test('five power cuts during one job cost no try, and the job completes', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const attempts: number[] = []
  house.handle('open-door', async (_, { attempt }) => {
    attempts.push(attempt)
    return attempts.length <= 5 ? never() : done()
  })
  await house.enqueue('open-door')
  await house.settle()
  for (let cut = 1; cut <= 5; cut++) {
    const [job] = house.jobs()
    assert.equal(job?.rescues, cut - 1)
    await house.crash()
    await comesBack(house)
  }
  assert.deepEqual(attempts, [1, 1, 1, 1, 1, 1])
  assert.deepEqual(house.live(), [])
  assert.deepEqual(house.failed(), [])
})

test('a job that always takes its thread along is put away in the end, with its story', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('open-door', never)
  await house.enqueue('open-door')
  await house.settle()
  for (let death = 1; death <= 11; death++) {
    await house.workThreadDies()
    await comesBack(house)
  }
  const [failed] = house.failed()
  assert.equal(failed?.reason, 'crash loop')
  assert.equal(failed?.attempt, 0)
  assert.equal(errorsOf(failed ?? { errors: '[]' }).filter(({ kind }) => kind === 'rescue').length, 11)
  assert.deepEqual(house.live(), [])
})

test('a job that takes its thread along again and again does not take its neighbours with it', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('open-door', never)
  house.handle('ring-bell', async () => {
    await new Promise<void>((resolve) => house.clock.after(3_000, resolve))
    return done()
  })
  await house.enqueue('open-door')
  for (const what of ['1', '2']) await house.enqueue('ring-bell', what)
  await house.settle()
  while (house.live().some((job) => job.startsWith('open-door'))) {
    if (house.live().includes('open-door running')) await house.workThreadDies()
    await house.pass(1_000)
  }
  await house.drain()
  assert.deepEqual(
    house.failed().map(({ name }) => name),
    ['open-door'],
  )
})

test('a local job that takes its thread along costs none of those that were handed out with it a rescue', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const runs = new Map<string, number>()
  let isDeadly = false
  house.handle('count-heads', ({ what }) => {
    runs.set(what, (runs.get(what) ?? 0) + 1)
    if (what !== 'deadly') return Promise.resolve(done())
    isDeadly = true
    return never()
  })
  const when = { runAtMs: house.clock.nowMs() + 1_000 }
  for (let head = 0; head < 100; head++) await house.enqueue('count-heads', head === 50 ? 'deadly' : `${head}`, when)
  await house.pass(1_000)
  let deaths = 0
  for (; house.live().length > 0; deaths++) {
    assert.ok(isDeadly && deaths < 20)
    isDeadly = false
    await house.workThreadDies()
    const others = house.jobs().filter(({ payload }) => !payload.includes('deadly'))
    assert.equal(Math.max(0, ...others.map(({ rescues }) => rescues)), 0)
    while (house.live().includes('count-heads scheduled')) await house.pass(1_000)
  }
  assert.deepEqual(
    house.failed().map(({ reason, payload }) => [reason, payload]),
    [['crash loop', '{"what":"deadly"}']],
  )
  // Lost with all, then with a few, then by itself until it is put away.
  assert.equal(deaths, 2 + 11)
  assert.equal(runs.size, 100)
  runs.delete('deadly')
  assert.ok(Math.max(...runs.values()) <= 3)
})

test('local jobs that were lost come back a few at a time, then one by one, and those behind them follow', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let power = false
  const counted = new Set<string>()
  house.handle('count-heads', ({ what }) => {
    if (!power) return never()
    counted.add(what)
    return Promise.resolve(done())
  })
  const when = { runAtMs: house.clock.nowMs() + 1_000 }
  for (let head = 0; head < 600; head++) await house.enqueue('count-heads', `${head}`, when)
  const inHand = () => house.live().filter((job) => job === 'count-heads running').length
  await house.pass(1_000)
  assert.equal(inHand(), 512)
  await house.crash()
  assert.equal(inHand(), 16)
  await house.crash()
  assert.equal(inHand(), 1)
  power = true
  await house.crash()
  await house.drain()
  assert.equal(counted.size, 600)
})

test('after a power cut the job that ran comes before those that waited', async (t) => {
  const house = new House({ slots: { hotspot: 1, payments: 1, general: 1 } })
  t.after(() => house.close())
  const order: string[] = []
  let power = false
  house.handle('open-door', async ({ what }) => {
    order.push(what)
    return power ? done() : never()
  })
  await house.enqueue('open-door', 'first')
  await house.enqueue('open-door', 'second')
  await house.settle()
  house.clock.step(60_000)
  power = true
  await house.crash()
  await house.drain()
  assert.deepEqual(order, ['first', 'first', 'second'])
})

test('a run that lost its job leaves nothing: no end, no effects, no commands', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const old = gate<RunServices>()
  const go = gate<void>()
  let runs = 0
  house.handle('open-door', async (_, services) => {
    if (++runs > 1) return never()
    old.resolve(services)
    await go.promise
    await assert.rejects(services.store.run(noteFact, {}), { code: 'stale-run' })
    return done(effect(noteFact, {}))
  })
  const jobId = await house.enqueue('open-door')
  const services = await old.promise
  assert.equal(services.jobId, jobId)
  // Not the thread's death but the store's view of it: the old run can still speak.
  await house.pass(0)
  house.db.prepare("UPDATE jobs SET state = 'ready', owner = NULL WHERE id = ?").run(jobId)
  await house.run(noteFact, {})
  await house.settle()
  assert.equal(runs, 2)
  go.resolve()
  await house.settle()
  assert.deepEqual(house.live(), ['open-door running'])
  assert.equal(house.facts.length, 1)
})

test('an epoch of another start proves nothing', async (t) => {
  const house = new House()
  t.after(() => house.close())
  house.handle('open-door', never)
  const jobId = await house.enqueue('open-door')
  await house.settle()
  const epoch = house.jobs()[0]?.epoch ?? 0
  await house.runFenced({ jobId, epoch }, noteFact, {})
  await assert.rejects(house.runFenced({ jobId, epoch: epoch - 1 }, noteFact, {}), { code: 'stale-run' })
  await house.crash()
  await assert.rejects(house.runFenced({ jobId, epoch }, noteFact, {}), { code: 'stale-run' })
})

test('the journal goes on where it stood, and tells only what is new', async (t) => {
  const house = new House()
  t.after(() => house.close())
  await house.run(noteFact, {})
  await house.run(noteFact, {})
  await house.crash()
  await house.run(noteFact, {})
  assert.deepEqual(
    house.facts.map(({ seq }) => seq),
    [1, 2, 3],
  )
})

test('a claim that is undone reaches nobody: the job is still there, and runs once it can be claimed', async (t) => {
  const house = new House({ slots: { hotspot: 1, payments: 1, general: 1 } })
  t.after(() => house.close())
  const { promise: wait, resolve: open } = gate<void>()
  const runs: string[] = []
  house.handle('open-door', async ({ what }) => {
    runs.push(what)
    if (what === 'first') await wait
    return done()
  })
  await house.enqueue('open-door', 'first')
  await house.enqueue('open-door', 'second')
  await house.settle()
  house.db.exec(`CREATE TRIGGER stumble BEFORE INSERT ON queue_minutes BEGIN SELECT RAISE(ABORT, 'stumbled'); END`)
  open()
  await house.settle()
  assert.deepEqual([runs, house.live()], [['first'], ['open-door ready']])
  house.db.exec('DROP TRIGGER stumble')
  house.writer.wake()
  await house.settle()
  assert.deepEqual([runs, house.live()], [['first', 'second'], []])
})
