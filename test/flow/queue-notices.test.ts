import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard } from '../../src/flow/job-outcome.ts'
import { forgetFailedJob, pauseQueue, resumeQueue } from '../../src/flow/queue-commands.ts'
import { queueNotices } from '../../src/flow/queue-notices.ts'
import { House } from './house.ts'

function setup(t: TestContext) {
  const house = new House()
  t.after(() => house.close())
  return { house, codes: () => queueNotices(house.db, house.clock.nowMs()).map(({ code }) => code) }
}

test('a queue whose jobs wait longer than is fair is told of, as long as they do', async (t) => {
  const { house, codes } = setup(t)
  const ends: (() => void)[] = []
  house.handle('take-money', async () => {
    await new Promise<void>((resolve) => ends.push(resolve))
    return discard('of no interest')
  })
  for (let count = 0; count < 3; count++) await house.enqueue('take-money')
  await house.settle()
  await house.pass(29_000)
  assert.deepEqual(codes(), [])
  house.clock.step(1_001)
  assert.deepEqual(codes(), ['queue-late'])
  assert.match(queueNotices(house.db, house.clock.nowMs())[0]?.message ?? '', /queue payments has waited for 30 s/)
})

test('a queue that is paused without an end is told of, until it is resumed', async (t) => {
  const { house, codes } = setup(t)
  await house.run(pauseQueue, { name: 'maintenance', untilMs: house.clock.nowMs() + 60_000, reason: '' })
  assert.deepEqual(codes(), [], 'this one ends by itself')
  await house.run(pauseQueue, { name: 'payments', untilMs: null, reason: '' })
  await house.enqueue('take-money')
  await house.settle()
  assert.deepEqual(codes(), ['queue-paused'])
  assert.match(queueNotices(house.db, house.clock.nowMs())[0]?.message ?? '', /payments is paused .* 1 jobs wait/)
  await house.run(resumeQueue, { name: 'payments' })
  assert.deepEqual(codes(), [])
})

test('a failed job about money is told of, until somebody has seen to it; another is not', async (t) => {
  const { house, codes } = setup(t)
  for (const name of ['take-money', 'close-shop']) house.handle(name, async () => discard('it cannot be done'))
  const jobId = await house.enqueue('take-money')
  await house.enqueue('close-shop')
  await house.settle()
  assert.deepEqual(codes(), ['jobs-failed'])
  await house.run(forgetFailedJob, { jobId })
  assert.deepEqual(codes(), [])
})
