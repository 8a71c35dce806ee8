import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { holdsOfKind } from '../../src/flow/hold-table.ts'
import {
  discard,
  done,
  type JobOutcome,
  offline,
  retry,
  snooze,
  unanswered,
  unasked,
} from '../../src/flow/job-outcome.ts'
import { cancelJob } from '../../src/flow/queue-commands.ts'
import { House } from './house.ts'

interface Router {
  house: House
  up: boolean
  /** When somebody knocked, and how many were at it at once. */
  knocks: number[]
  most: number
}

/** Jobs for router 1 knock at it; each takes a moment. */
function setup(t: TestContext): Router {
  const house = new House()
  t.after(() => house.close())
  const router: Router = { house, up: false, knocks: [], most: 0 }
  let now = 0
  const knock = async (): Promise<JobOutcome> => {
    router.knocks.push(house.clock.nowMs())
    now += 1
    router.most = Math.max(router.most, now)
    await new Promise<void>((resolve) => house.clock.after(100, resolve))
    now -= 1
    return router.up ? done() : offline('no answer from 10.0.0.1', 'router 1')
  }
  house.handle('set-up-router', knock)
  house.handle('open-door', knock)
  return router
}

test('while a router is down one job at a time looks after it, and nobody uses up a try', async (t) => {
  const router = setup(t)
  const { house } = router
  for (let job = 0; job < 20; job++) await house.enqueue('set-up-router', '1')
  await house.pass(300_000, 100)
  // The first two were on their way together; after that 2 s, 4 s, ... 60 s lie between the looks.
  assert.equal(router.most, 2)
  assert.ok(router.knocks.length < 14, `${router.knocks.length} knocks`)
  assert.equal(house.jobs().length, 20)
  for (const { attempt, rescues } of house.jobs()) assert.deepEqual([attempt, rescues], [0, 0])
  const [hold] = holdsOfKind(house.db, 'target')
  assert.equal(hold?.key, 'target router 1')
  assert.equal(hold?.reason, 'no answer from 10.0.0.1')
  assert.ok((hold?.held ?? 0) >= 19)

  router.up = true
  await house.pass(65_000, 100)
  assert.deepEqual(house.live(), [])
  assert.deepEqual(holdsOfKind(house.db, 'target'), [])
  assert.deepEqual(house.failed(), [])
})

test('other routers are not kept waiting', async (t) => {
  const router = setup(t)
  const { house } = router
  await house.enqueue('set-up-router', '1')
  await house.pass(100)
  const before = router.knocks.length
  router.up = true
  await house.enqueue('set-up-router', '2')
  await house.settle()
  assert.equal(router.knocks.length, before + 1)
})

test('a job that learns on the way whom it needs waits with the others from then on', async (t) => {
  const router = setup(t)
  const { house } = router
  await house.enqueue('open-door', 'front')
  await house.pass(100)
  await house.enqueue('set-up-router', '1')
  await house.settle()
  assert.deepEqual(house.live(), ['open-door held', 'set-up-router held'])
  assert.equal(router.knocks.length, 1)
  router.up = true
  await house.pass(2_200, 100)
  assert.deepEqual(house.live(), [])
})

test('any answer shows that the target is back, also a refusal', async (t) => {
  const router = setup(t)
  const { house } = router
  for (let job = 0; job < 3; job++) await house.enqueue('set-up-router', '1')
  await house.pass(100)
  let refused = 0
  house.handle('set-up-router', async () => (refused++ === 0 ? retry('no such user') : done()))
  await house.pass(2_200, 100)
  assert.deepEqual(house.live(), ['set-up-router scheduled'])
  assert.equal(refused, 3)
})

for (const end of [unasked(done()), unasked(snooze(600_000)), discard('nobody wants it any more')]) {
  test(`a probe that comes to "${end.kind}" without asking is no answer: the next one goes in its place, alone`, async (t) => {
    const router = setup(t)
    const { house } = router
    for (let job = 0; job < 6; job++) await house.enqueue('set-up-router', '1')
    await house.pass(100)
    const knocked = router.knocks.length
    let looked = 0
    house.handle('set-up-router', async () => {
      looked += 1
      return looked === 1 ? end : new Promise<never>(() => {})
    })
    await house.pass(2_000, 100)
    assert.deepEqual([knocked, looked], [2, 2])
    assert.equal(house.live().filter((job) => job === 'set-up-router held').length, 4)
  })
}

test('a target that takes the work and does not answer is down: the others wait, and what is not known is looked into later', async (t) => {
  const house = new House()
  t.after(() => house.close())
  let asked = 0
  house.handle('set-up-router', async () => {
    asked += 1
    return unanswered(asked < 3 ? snooze(300_000) : done(), 'router 1 is silent')
  })
  for (let job = 0; job < 20; job++) await house.enqueue('set-up-router', '1')
  await house.pass(1_000, 100)
  assert.equal(asked, 1)
  assert.equal(holdsOfKind(house.db, 'target')[0]?.reason, 'router 1 is silent')
  await house.pass(60_000, 100)
  assert.ok(asked > 1 && asked < 10, `${asked} asked`)
  house.handle('set-up-router', async () => done())
  await house.pass(400_000, 100)
  assert.deepEqual(house.live(), [])
})

test('a probe that throws proves nothing: it has failed a try, the others go on waiting', async (t) => {
  const router = setup(t)
  const { house } = router
  for (let job = 0; job < 5; job++) await house.enqueue('set-up-router', '1')
  await house.pass(100)
  let probes = 0
  house.handle('set-up-router', async () => {
    probes += 1
    throw new Error('a bug')
  })
  await house.pass(2_000, 100)
  assert.equal(probes, 1)
  assert.deepEqual(
    house.jobs().map(({ attempt }) => attempt),
    [1, 0, 0, 0, 0],
  )
})

test('a probe that is cancelled is replaced by another', async (t) => {
  const router = setup(t)
  const { house } = router
  const ids = [await house.enqueue('set-up-router', '1'), await house.enqueue('set-up-router', '1')]
  await house.pass(100)
  house.handle('set-up-router', (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)))
  await house.pass(2_000, 100)
  const probe = house.jobs().find(({ state }) => state === 'running')
  assert.ok(probe && ids.includes(probe.id))
  router.up = true
  house.handle('set-up-router', async () => done())
  assert.equal(await house.run(cancelJob, { jobId: probe.id }), 'stopping')
  await house.pass(15_000, 100)
  assert.deepEqual(house.live(), [])
})

test('what is known of a target survives a power cut, and the lost probe costs a rescue alone', async (t) => {
  const router = setup(t)
  const { house } = router
  for (let job = 0; job < 3; job++) await house.enqueue('set-up-router', '1')
  await house.pass(100)
  await house.pass(2_000, 1_000)
  assert.equal(house.jobs().filter(({ state }) => state === 'running').length, 1)
  await house.crash()
  assert.deepEqual(holdsOfKind(house.db, 'target').length, 1)
  router.up = true
  await house.pass(70_000, 100)
  assert.deepEqual(house.live(), [])
})
