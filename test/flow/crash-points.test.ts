import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { done, effect, offline, snooze } from '../../src/flow/job-outcome.ts'
import { pauseQueue, resumeQueue } from '../../src/flow/queue-commands.ts'
import { assertEnqueued, assertNotEnqueued } from './assert-enqueued.ts'
import { gate, House } from './house.ts'
import { noteFact } from './test-jobs.ts'

function setup(t: TestContext): { house: House; runs: string[] } {
  const house = new House()
  t.after(() => house.close())
  const runs: string[] = []
  house.handle('open-door', async ({ what }) => {
    runs.push(what)
    return done(effect(noteFact, {}))
  })
  return { house, runs }
}

const countFacts = (house: House) => house.db.prepare('SELECT count(*) FROM journal').pluck().get()

test('a job whose commit the power cut off never was, and nobody was told that it is', async (t) => {
  const { house, runs } = setup(t)
  let answered = false
  await house.crashAfter('insert', async () => {
    await house.enqueue('open-door', 'front')
    answered = true
  })
  await house.drain()
  assert.deepEqual([answered, runs], [false, []])
})

test('a job that was on disk when the power went runs after it, once', async (t) => {
  const { house, runs } = setup(t)
  let answered = false
  await house.crashAfter('commit', async () => {
    await house.enqueue('open-door', 'front')
    answered = true
  })
  await house.drain()
  assert.deepEqual([answered, runs], [false, ['front']])
  assert.equal(countFacts(house), 1)
})

test('a run whose end was on disk when the power went is not run again, and its effects stand once', async (t) => {
  const { house, runs } = setup(t)
  await house.crashAfter('ack', () => house.enqueue('open-door', 'front'))
  await house.drain()
  assert.deepEqual(runs, ['front'])
  assert.equal(countFacts(house), 1)
})

test('a power cut at any point of any verb loses no job and doubles no effect', async (t) => {
  for (const point of ['insert', 'commit', 'ack'] as const) {
    const house = new House()
    t.after(() => house.close())
    let looks = 0
    house.handle('set-up-router', async () => {
      looks += 1
      if (looks === 1) return offline('no answer', 'router 1')
      return looks === 2 ? snooze(1_000) : done(effect(noteFact, {}))
    })
    await house.enqueue('set-up-router', '1', { runAtMs: house.clock.nowMs() + 1_000 })
    await house.run(pauseQueue, { name: 'router-provisioning', untilMs: null, reason: '' })
    await house.pass(1_000)
    const go = async () => {
      await house.run(resumeQueue, { name: 'router-provisioning' })
      await house.settle()
    }
    await house.crashAfter(point, go)
    assertEnqueued(house.db, 'set-up-router', { what: '1' })
    await house.run(resumeQueue, { name: 'router-provisioning' })
    await house.drain()
    assert.equal(countFacts(house), 1, point)
    assertNotEnqueued(house.db, 'set-up-router')
  }
})

test('the kit says when a point was not reached, and what lives when a job is missing', async (t) => {
  const { house } = setup(t)
  const end = gate<void>()
  house.handle('open-door', async () => {
    await end.promise
    return done()
  })
  await assert.rejects(
    house.crashAfter('ack', () => house.enqueue('open-door')),
    /the point after ack was not reached/,
  )
  assert.throws(() => assertEnqueued(house.db, 'take-money'), /0 jobs take-money.*alive: open-door/)
  assert.throws(() => assertNotEnqueued(house.db, 'open-door', { what: 'it' }))
  assertNotEnqueued(house.db, 'open-door', { what: 'other' })
})
