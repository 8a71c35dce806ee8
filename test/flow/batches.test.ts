import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bestReady } from '../../src/flow/claim-table.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { cancelJob } from '../../src/flow/queue-commands.ts'
import { gate, House } from './house.ts'
import { CLAIM_OF_TWO_QUEUES, plansOf } from './query-plans.ts'

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

const running = (house: House, name: string) => house.live().filter((job) => job === `${name} running`).length

test('cheap local jobs are handed out in batches, and run one after the other', async (t) => {
  const house = setup(t)
  let now = 0
  let most = 0
  const ends: (() => void)[] = []
  house.handle('count-heads', async () => {
    most = Math.max(most, ++now)
    await new Promise<void>((resolve) => ends.push(resolve))
    now -= 1
    return done()
  })
  // All become ready in one commit, however many it took to write them.
  const when = { runAtMs: house.clock.nowMs() + 1_000 }
  await Promise.all(Array.from({ length: 800 }, () => house.enqueue('count-heads', 'it', when)))
  await house.pass(1_000)
  assert.equal(running(house, 'count-heads'), 512)
  for (let ended = 0; ended < 800; ended++) {
    ends.shift()?.()
    await house.settle()
  }
  assert.equal(most, 1)
  assert.deepEqual(house.live(), [])
})

test('a local job waits for no worker: not while the far ends of all of them are silent, whatever waits before it', async (t) => {
  const house = setup(t)
  const answer = gate<void>()
  let counted = 0
  house.handle('remind', async () => {
    await answer.promise
    return done()
  })
  house.handle('count-heads', async () => {
    counted += 1
    return done()
  })
  for (let count = 0; count < 200; count++) await house.enqueue('remind', `guest ${count}`)
  await house.settle()
  assert.equal(running(house, 'remind'), 2)
  await house.enqueue('count-heads')
  await house.settle()
  assert.equal(counted, 1)
  assert.equal(running(house, 'remind'), 2)
})

test('workers go on with other jobs while local ones are in hand', async (t) => {
  const house = setup(t)
  for (const name of ['count-heads', 'set-up-router']) house.handle(name, () => new Promise(() => {}))
  for (let count = 0; count < 600; count++) await house.enqueue('count-heads')
  await house.enqueue('set-up-router')
  await house.settle()
  assert.equal(running(house, 'count-heads'), 512)
  assert.equal(running(house, 'set-up-router'), 1)
})

test('what waits in the hands of the work thread goes back at a stop and can be cancelled', async (t) => {
  const house = setup(t)
  const end = gate<void>()
  let runs = 0
  house.handle('count-heads', async (_, { signal }) => {
    runs += 1
    await Promise.race([end.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))])
    return done()
  })
  const ids = await Promise.all(Array.from({ length: 10 }, () => house.enqueue('count-heads')))
  await house.settle()
  assert.equal(await house.run(cancelJob, { jobId: ids[9] ?? 0 }), 'stopping')
  await house.settle()
  assert.equal(running(house, 'count-heads'), 9)
  await house.pools.stop(1_000)
  assert.equal(runs, 1)
  assert.equal(house.jobs().length, 8)
  assert.ok(house.jobs().every(({ attempt, rescues }) => attempt === 0 && rescues === 0))
})

test('local jobs are found by an index of their own, however many others wait before them', (t) => {
  const house = setup(t)
  assert.deepEqual(
    plansOf(house.db, (db) => bestReady(db, 'payments', 1, 2)),
    CLAIM_OF_TWO_QUEUES,
  )
})

test('a job that another release made runs as this one runs its kind', async (t) => {
  const house = setup(t)
  for (const name of ['count-heads', 'take-money']) {
    house.handle(name, () => new Promise(() => {}))
    for (let count = 0; count < 3; count++) {
      await house.enqueue(name, 'it', { runAtMs: house.clock.nowMs() + 1_000 })
    }
  }
  house.db.prepare("UPDATE jobs SET local = name = 'take-money'").run()
  house.clock.step(1_000)
  await house.crash()
  assert.equal(running(house, 'count-heads'), 3)
  assert.equal(running(house, 'take-money'), 2)
})
