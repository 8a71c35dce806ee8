import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { House } from './house.ts'

/** `count` cheap jobs that become ready in the same commit, and what the log says of ends that were not stored. */
async function setup(t: TestContext, count: number) {
  const house = new House()
  t.after(() => house.close())
  const when = { runAtMs: house.clock.nowMs() + 1_000 }
  const ids: number[] = []
  for (let made = 0; made < count; made++) ids.push(await house.enqueue('count-heads', 'it', when))
  const [first = 0, second = 0] = ids
  const refused = () => house.logLines.flatMap(({ msg, jobId }) => (/was not stored/.test(String(msg)) ? [jobId] : []))
  return { house, first, second, refused }
}

test('of the ends that are stored together, that of a job which is no longer ours changes nothing', async (t) => {
  const { house, first, second, refused } = await setup(t, 10)
  house.handle('count-heads', async (_, { jobId }) => {
    if (jobId === second) house.db.prepare('UPDATE jobs SET epoch = epoch + 1 WHERE id = ?').run(first)
    return done()
  })
  await house.pass(1_000)
  assert.deepEqual(
    house.jobs().map(({ id, state }) => [id, state]),
    [[first, 'running']],
  )
  assert.deepEqual(refused(), [first])
})

test('ends that are stored together are one line of the log, in which each job stands', async (t) => {
  const { house, first } = await setup(t, 3)
  house.handle('count-heads', async () => done())
  await house.pass(1_000)
  await house.enqueue('count-heads')
  await house.settle()
  const ended = house.logLines.filter(({ msg }) => /^jobs? ended$/.test(String(msg)))
  const inWords = ended.map(({ msg, jobs, jobId, end }) => [msg, jobs ?? jobId, end])
  const one = (jobId: number) => ({ jobId, job: 'count-heads', ms: 0, attempt: 1 })
  assert.deepEqual(JSON.parse(JSON.stringify(inWords, (name, value) => (name === 'ms' ? 0 : value))), [
    ['jobs ended', [one(first), one(first + 1), one(first + 2)], 'done'],
    ['job ended', first + 3, 'done'],
  ])
})

test('an end that the store cannot take leaves the others that came with it', async (t) => {
  const { house, first, refused } = await setup(t, 10)
  house.db.exec(
    `CREATE TRIGGER stuck BEFORE DELETE ON jobs WHEN OLD.id = ${first} BEGIN SELECT RAISE(ABORT, 'stuck'); END`,
  )
  await house.pass(1_000)
  assert.deepEqual(
    house.jobs().map(({ id, state, attempt }) => [id, state, attempt]),
    [[first, 'scheduled', 1]],
  )
  assert.deepEqual(refused(), [first])
})

test('ends that no commit could store are stored when the disk is well again, and their jobs run once', async (t) => {
  for (const count of [1, 3]) {
    const { house, first, refused } = await setup(t, count)
    let runs = 0
    house.handle('count-heads', async () => {
      runs += 1
      return done()
    })
    house.db.exec("CREATE TRIGGER full BEFORE DELETE ON jobs BEGIN SELECT RAISE(ROLLBACK, 'full'); END")
    await house.pass(1_000)
    assert.ok(refused().includes(first))
    assert.equal(house.live().length, count)
    house.db.exec('DROP TRIGGER full')
    await house.pass(5_000)
    assert.deepEqual([runs, house.live()], [count, []])
  }
})

test('an end that the store can take in no way is let go of, and no stop waits for it', async (t) => {
  const { house, first, refused } = await setup(t, 1)
  house.handle('count-heads', async () => done())
  house.db.exec(
    `CREATE TRIGGER stuck_end BEFORE DELETE ON jobs BEGIN SELECT RAISE(ABORT, 'stuck'); END;
     CREATE TRIGGER stuck_run BEFORE UPDATE ON jobs WHEN OLD.state = 'running' BEGIN SELECT RAISE(ABORT, 'stuck'); END`,
  )
  await house.pass(1_000)
  assert.deepEqual(refused(), [first, first])
  await house.pools.stop(60_000)
  assert.deepEqual(refused(), [first, first])
})

test('a job that was ordered again while it ran runs once more, whatever ended with it', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const runs: string[] = []
  house.handle('open-door', async ({ what }) => {
    runs.push(what)
    if (runs.length === 1) await house.enqueue('open-door', what)
    return done()
  })
  const when = { runAtMs: house.clock.nowMs() + 1_000 }
  for (const what of ['front', 'back', 'side']) await house.enqueue('open-door', what, when)
  await house.pass(1_000)
  assert.deepEqual(runs.sort(), ['back', 'front', 'front', 'side'])
  assert.deepEqual(house.live(), [])
})

test('while many cheap jobs run everything else has its turn', async (t) => {
  const { house } = await setup(t, 200)
  let runs = 0
  let runsByThen = Number.NaN
  house.handle('count-heads', async () => {
    runs += 1
    if (runs === 1) setImmediate(() => (runsByThen = runs))
    return done()
  })
  await house.pass(1_000)
  assert.equal(runs, 200)
  assert.equal(runsByThen, 128)
})

test('a cheap job that waits for its turn when the daemon stops is not begun', async (t) => {
  const { house } = await setup(t, 200)
  let runs = 0
  let stopped: Promise<void> | undefined
  house.handle('count-heads', async () => {
    runs += 1
    if (runs === 1) setImmediate(() => (stopped = house.pools.stop(5_000)))
    return done()
  })
  await house.pass(1_000)
  await stopped
  assert.equal(runs, 128)
})

test('nor is one that is told to end then', async (t) => {
  const { house, first } = await setup(t, 200)
  const waiting = first + 128
  const ran: number[] = []
  house.handle('count-heads', async (_, { jobId }) => {
    ran.push(jobId)
    if (jobId === first) setImmediate(() => house.pools.cancel({ jobId: waiting, epoch: 1 }))
    return done()
  })
  await house.pass(1_000)
  // Nobody has cancelled it in the store, so it had its turn later.
  assert.deepEqual([ran.length, ran.includes(waiting), ran[128] === waiting], [200, true, false])
})
