import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done } from '../../src/flow/job-outcome.ts'
import { House } from './house.ts'

function setup(t: TestContext) {
  const house = new House()
  t.after(() => house.close())
  const runs: string[] = []
  house.handle('open-door', async ({ what }) => {
    runs.push(what)
    return done()
  })
  const stumbles = () => house.logLines.filter(({ msg }) => String(msg).startsWith('no jobs can be handed out')).length
  return { house, runs, stumbles }
}

test('what cannot be counted is not counted, and the work goes on', async (t) => {
  const { house, runs, stumbles } = setup(t)
  house.db.exec('DROP TABLE ended_jobs')
  for (const what of ['first', 'second', 'third']) {
    await house.enqueue('open-door', what)
    await house.pass(10_000, 1_000)
  }
  assert.deepEqual(runs, ['first', 'second', 'third'])
  assert.ok(stumbles() >= 1)
})

test('a queue that cannot hand out jobs is tried again after a while, not at once, and goes on when it can', async (t) => {
  const { house, runs, stumbles } = setup(t)
  await house.enqueue('open-door', 'front', { runAtMs: house.clock.nowMs() + 1_000 })
  house.db.exec("CREATE TRIGGER stuck BEFORE UPDATE OF state ON jobs BEGIN SELECT RAISE(ABORT, 'stuck'); END")
  await house.pass(2_000, 10)
  assert.deepEqual([runs.length, stumbles()], [0, 1])
  await house.pass(10_000, 100)
  assert.equal(stumbles(), 3)
  house.db.exec('DROP TRIGGER stuck')
  await house.pass(5_000, 100)
  assert.deepEqual(runs, ['front'])
})
