import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard, done, effect, offline, retry, snooze } from '../../src/flow/job-outcome.ts'
import { errorsOf } from '../../src/flow/job-table.ts'
import { enqueueJob, retryFailedJob, retryFailedJobs } from '../../src/flow/queue-commands.ts'
import { poolNames, queueNames, queues } from '../../src/flow/queues.ts'
import { gate, House } from './house.ts'
import { noteFact, refuse, stumble } from './test-jobs.ts'

function setup(t: TestContext, options?: ConstructorParameters<typeof House>[0]): House {
  const house = new House(options)
  t.after(() => house.close())
  return house
}

test('twelve queues stand in the order of their priority, in three pools', () => {
  assert.deepEqual(queueNames, [
    'hotspot-provisioning',
    'subscription-reconnection',
    'payments',
    'hotspot-sms',
    'router-provisioning',
    'dashboard',
    'session-management',
    'subscription-management',
    'router-monitoring',
    'metrics',
    'notifications',
    'maintenance',
  ])
  assert.deepEqual(poolNames, ['hotspot', 'payments', 'general'])
  for (const queue of Object.values(queues)) assert.ok(poolNames.includes(queue.pool))
})

test('a job runs once and leaves the queue', async (t) => {
  const house = setup(t)
  const seen: string[] = []
  house.handle('open-door', async ({ what }) => {
    seen.push(what)
    return done()
  })
  await house.enqueue('open-door', 'front')
  await house.settle()
  assert.deepEqual(seen, ['front'])
  assert.deepEqual(house.live(), [])
})

test('a pool takes no more jobs than it has workers, and the next when one ends', async (t) => {
  const house = setup(t)
  const ends = new Map<string, () => void>()
  house.handle('open-door', async ({ what }) => {
    const end = gate<void>()
    ends.set(what, end.resolve)
    await end.promise
    return done()
  })
  for (const what of ['a', 'b', 'c', 'd', 'e']) await house.enqueue('open-door', what)
  await house.settle()
  assert.deepEqual([...ends.keys()], ['a', 'b', 'c'])
  ends.get('b')?.()
  await house.settle()
  assert.deepEqual([...ends.keys()], ['a', 'b', 'c', 'd'])
})

test('effects of a run are stored with its end, in one commit', async (t) => {
  const house = setup(t)
  house.handle('open-door', async () => done(effect(noteFact, {})))
  await house.enqueue('open-door')
  await house.settle()
  assert.deepEqual(
    house.facts.map(({ type }) => type),
    ['cloud.connected'],
  )
})

test('a job whose effects are refused fails like any other, and holds no slot', async (t) => {
  const house = setup(t)
  house.handle('open-door', async () => done(effect(noteFact, {}), effect(refuse, {})))
  await house.enqueue('open-door')
  await house.settle()
  assert.deepEqual(house.live(), ['open-door scheduled'])
  await house.drain()
  const [failed] = house.failed()
  assert.equal(failed?.attempt, 3)
  assert.equal(failed?.reason, 'This is refused.')
  assert.deepEqual(
    house.facts.map(({ type }) => type),
    ['job.failed'],
  )
})

test('three tries with growing waits, then it is kept with every error', async (t) => {
  const house = setup(t)
  const atMs: number[] = []
  house.handle('take-money', async () => {
    atMs.push(house.clock.nowMs())
    throw new Error(`try ${atMs.length}`)
  })
  const jobId = await house.enqueue('take-money')
  await house.settle()
  await house.pass(120_000, 500)
  const [first = 0, second = 0, third = 0] = atMs
  assert.equal(atMs.length, 3)
  assert.ok(second - first >= 7_500 && second - first <= 13_000, `${second - first}`)
  assert.ok(third - second >= 30_000 && third - second <= 50_500, `${third - second}`)
  const [failed] = house.failed()
  assert.equal(failed?.id, jobId)
  assert.deepEqual(
    errorsOf(failed ?? { errors: '[]' }).map(({ attempt, kind, message }) => [attempt, kind, message.split('\n')[0]]),
    [
      [1, 'throw', 'Error: try 1'],
      [2, 'throw', 'Error: try 2'],
      [3, 'throw', 'Error: try 3'],
    ],
  )
  assert.deepEqual(house.facts.at(-1)?.data, {
    jobId,
    name: 'take-money',
    queue: 'payments',
    reason: failed?.reason.slice(0, 500),
  })
})

test("a job's own number of tries and waits counts", async (t) => {
  const house = setup(t)
  let tries = 0
  house.handle('ring-bell', async () => {
    tries++
    return retry('nobody home')
  })
  await house.enqueue('ring-bell')
  await house.settle()
  await house.pass(1_300)
  assert.equal(tries, 2)
  assert.equal(house.failed()[0]?.reason, 'nobody home')
})

test('neither waiting for the time nor for the far end costs a try', async (t) => {
  const house = setup(t)
  let looks = 0
  house.handle('take-money', async () => {
    looks++
    if (looks <= 20) return snooze(1_000)
    if (looks <= 40) return offline('the router is down')
    return done()
  })
  await house.enqueue('take-money')
  await house.drain()
  assert.equal(looks, 41)
  assert.deepEqual(house.failed(), [])
})

test('while the far end is down a job waits longer each time, up to a minute, and says why', async (t) => {
  const house = setup(t)
  const atMs: number[] = []
  house.handle('take-money', async () => {
    atMs.push(house.clock.nowMs())
    return offline('the router is down')
  })
  await house.enqueue('take-money')
  await house.settle()
  await house.pass(300_000, 1_000)
  const waits = atMs.slice(1).map((at, index) => at - (atMs[index] ?? 0))
  assert.deepEqual(waits.slice(0, 7), [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  const [job] = house.jobs()
  assert.deepEqual(
    errorsOf(job ?? { errors: '[]' }).map(({ kind, message }) => [kind, message]),
    [['offline', 'the router is down']],
  )
  assert.equal(job?.attempt, 0)
})

test('a discarded job is kept with its reason and not tried again', async (t) => {
  const house = setup(t)
  house.handle('take-money', async () => discard('there is no such payment'))
  await house.enqueue('take-money')
  await house.drain()
  assert.equal(house.failed()[0]?.reason, 'there is no such payment')
  assert.equal(house.failed()[0]?.attempt, 0)
})

test('a snooze of no time at all comes back at once and can still be stopped', async (t) => {
  const house = setup(t)
  let runs = 0
  const second = gate<AbortSignal>()
  house.handle('take-money', async (_, { signal }) => {
    runs++
    if (runs === 1) return snooze(0)
    second.resolve(signal)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return done()
  })
  await house.enqueue('take-money')
  const signal = await second.promise
  await house.settle()
  await house.pools.stop(1_000)
  assert.equal(signal.aborted, true)
})

test('while a job lives in any state, its twin is the same job', async (t) => {
  const house = setup(t)
  const end = gate<void>()
  house.handle('open-door', async () => {
    await end.promise
    return done()
  })
  const first = await house.enqueue('open-door', 'front')
  await house.settle()
  assert.deepEqual(house.live(), ['open-door running'])
  assert.equal(await house.enqueue('open-door', 'front'), first)
  const later = { runAtMs: house.clock.nowMs() + 60_000 }
  const scheduled = await house.enqueue('open-door', 'back', later)
  assert.equal(await house.enqueue('open-door', 'back', later), scheduled)
  assert.equal(house.jobs().length, 2)
  end.resolve()
  await house.settle()
  assert.notEqual(await house.enqueue('open-door', 'front'), first)
})

test('an earlier order for a scheduled job brings it forward, a later one does not put it off', async (t) => {
  const house = setup(t)
  let ranAtMs = 0
  house.handle('open-door', async () => {
    ranAtMs = house.clock.nowMs()
    return done()
  })
  const startMs = house.clock.nowMs()
  await house.enqueue('open-door', 'front', { runAtMs: startMs + 60_000 })
  await house.enqueue('open-door', 'front', { runAtMs: startMs + 10_000 })
  await house.enqueue('open-door', 'front', { runAtMs: startMs + 90_000 })
  await house.settle()
  await house.pass(120_000, 1_000)
  assert.equal(ranAtMs, startMs + 10_000)
  await house.enqueue('open-door', 'back', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.enqueue('open-door', 'back')
  await house.settle()
  assert.deepEqual(house.live(), [])
})

test('a scheduled job starts on its time without anybody asking', async (t) => {
  const house = setup(t)
  await house.enqueue('take-money', 'it', { runAtMs: house.clock.nowMs() + 25_000 })
  await house.settle()
  await house.pass(24_999)
  assert.deepEqual(house.live(), ['take-money scheduled'])
  await house.pass(1)
  assert.deepEqual(house.live(), [])
})

test('a thousand and more jobs that fall due together all run', async (t) => {
  const house = setup(t, { slots: { hotspot: 3, payments: 50, general: 2 } })
  const runAtMs = house.clock.nowMs() + 1_000
  await Promise.all(Array.from({ length: 1_500 }, () => house.enqueue('take-money', 'it', { runAtMs })))
  await house.pass(1_000)
  for (let rounds = 0; house.jobs().length > 0 && rounds < 200; rounds++) await house.settle()
  assert.deepEqual(house.live(), [])
})

test('a job is born with its cause or not at all', async (t) => {
  const house = setup(t, {
    reactions: { 'cloud.connected': () => [{ kind: 'job', order: { name: 'take-money', payload: { what: 'it' } } }] },
  })
  let runs = 0
  house.handle('take-money', async () => {
    runs++
    return done()
  })
  await assert.rejects(house.run(refuse, {}), { code: 'not-today' })
  await house.settle()
  assert.equal(runs, 0)
  await house.run(noteFact, {})
  await house.settle()
  assert.equal(runs, 1)
})

test('a failed job starts anew with its id and its history, and its attempts from zero', async (t) => {
  const house = setup(t)
  let broken = true
  house.handle('ring-bell', async () => (broken ? retry('nobody home') : done()))
  const jobId = await house.enqueue('ring-bell')
  await house.drain()
  await house.run(retryFailedJob, { jobId })
  await house.settle()
  assert.deepEqual(
    house.jobs().map(({ id, attempt, errors }) => [id, attempt, errorsOf({ errors }).length]),
    [[jobId, 1, 3]],
  )
  broken = false
  await house.drain()
  assert.deepEqual(house.failed(), [])
})

test('a failed job is not retried while another does the same work', async (t) => {
  const house = setup(t)
  house.handle('open-door', async () => discard('locked'))
  const jobId = await house.enqueue('open-door', 'front')
  await house.drain()
  house.handle('open-door', () => new Promise(() => {}))
  await house.enqueue('open-door', 'front')
  assert.equal(await house.run(retryFailedJob, { jobId }), 'not-failed')
  assert.equal(house.failed().length, 1)
})

test('all failed jobs can be retried although the kind of one is no more', async (t) => {
  const house = setup(t)
  house.handle('take-money', async () => discard('no'))
  await house.enqueue('take-money', 'a')
  await house.enqueue('take-money', 'b')
  await house.drain()
  house.db.prepare("UPDATE failed_jobs SET name = 'old-job' WHERE id = (SELECT min(id) FROM failed_jobs)").run()
  assert.deepEqual(await house.run(retryFailedJobs, {}), { retried: 1, afterId: 2, more: false })
})

test('a payload that does not fit the job is refused before it is stored', async (t) => {
  const house = setup(t)
  await assert.rejects(house.run(enqueueJob, { name: 'open-door', payload: { who: 'me' } }))
  await assert.rejects(house.run(enqueueJob, { name: 'no-such-job', payload: {} }), { code: 'unknown-job' })
  assert.deepEqual(house.live(), [])
})

test('jobs in a queue that nobody works on stop the start with a sentence', async (t) => {
  const house = setup(t)
  await house.enqueue('take-money', 'it', { runAtMs: house.clock.nowMs() + 60_000 })
  house.db.prepare("UPDATE jobs SET queue = 'fax'").run()
  await assert.rejects(house.crash(), {
    code: 'queue-unserved',
    message:
      '1 jobs wait in queue fax (pool payments), which this release does not serve: start the release that made them',
  })
})

test('a catalogue with an unknown queue or the same job twice stops the start', () => {
  const job = { payload: {} as never, timeoutMs: 1, run: async () => done() }
  assert.throws(() => new House({ catalogue: { fax: { send: job } } }), { code: 'queue-unserved' })
  assert.throws(() => new House({ catalogue: { payments: { send: job }, metrics: { send: job } } }), {
    code: 'job-twice',
  })
})

test('a bug in one command is reported without its insides and undoes only itself', async (t) => {
  const house = setup(t)
  const all = await Promise.allSettled([house.run(noteFact, {}), house.run(stumble, {}), house.run(noteFact, {})])
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(
    house.facts.map(({ seq }) => seq),
    [1, 2],
  )
  const refused = all[1]?.status === 'rejected' ? all[1].reason : undefined
  assert.equal(refused.code, 'internal')
  assert.doesNotMatch(refused.message, /a bug/)
})
