import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { cancelJob } from '../../src/flow/queue-commands.ts'
import { gate, House } from './house.ts'

function setup(t: TestContext): House {
  const house = new House()
  t.after(() => house.close())
  return house
}

const running = (house: House, name: string) => house.live().filter((job) => job === `${name} running`).length

test('cheap local jobs are handed out ahead of free workers, yet no more run at once than there are workers', async (t) => {
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
  await Promise.all(Array.from({ length: 200 }, () => house.enqueue('count-heads', 'it', when)))
  await house.pass(1_000)
  assert.equal(running(house, 'count-heads'), 64)
  for (let ended = 0; ended < 200; ended++) {
    ends.shift()?.()
    await house.settle()
  }
  assert.equal(most, 2)
  assert.deepEqual(house.live(), [])
})

test('no job is handed out ahead of its place: a batch ends before the first job with an outside effect', async (t) => {
  const house = setup(t)
  const free = gate<void>()
  house.handle('remind', async () => {
    await free.promise
    return done()
  })
  for (const name of ['count-heads', 'set-up-router']) house.handle(name, () => new Promise(() => {}))
  await Promise.all(['Amina', 'Baraka'].map((who) => house.enqueue('remind', who)))
  // Places are the time of the order + 30 s, + 5 s for a router.
  for (let count = 0; count < 3; count++) await house.enqueue('count-heads')
  await house.pass(26_000)
  await house.enqueue('set-up-router')
  await house.pass(1_000)
  for (let count = 0; count < 10; count++) await house.enqueue('count-heads')
  free.resolve()
  await house.settle()
  assert.equal(running(house, 'count-heads'), 3)
  assert.equal(running(house, 'set-up-router'), 0)
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
  assert.equal(runs, 2)
  assert.equal(house.jobs().length, 7)
  assert.ok(house.jobs().every(({ attempt, rescues }) => attempt === 0 && rescues === 0))
})
