import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { openBacklogBound } from '../../src/flow/backlog-bound.ts'
import { moveCloudCursor } from '../../src/flow/cloud-cursor.ts'
import type { EventType } from '../../src/flow/events.ts'
import { lastSeq, openJournal, readJournal } from '../../src/flow/journal.ts'
import { openLog } from '../../src/log.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

const KILOBYTE = 1024

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-backlog-'))
  const db = openWriter(join(folder, 'mlango.db'))
  migrate(db)
  const clock = new SteppedClock()
  const alarms: (string | undefined)[] = []
  const bound = openBacklogBound({
    db,
    clock,
    log: openLog('silent', {}, { write() {} }),
    changed: () => alarms.push(bound.alarm?.code),
  })
  const reacted: EventType[] = []
  const journal = openJournal(db, {
    nowMs: () => clock.nowMs(),
    react: (type) => reacted.push(type),
    announce() {},
    leavesOut: bound.leavesOut,
  })
  t.after(() => {
    bound.stop()
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    ...{ db, clock, bound, alarms, reacted, journal },
    use: () =>
      journal.record('usage.recorded', { grantId: 'g', usedBytes: 1, dataLimitBytes: null, runsOutAtMs: null }),
    pay: () =>
      journal.record('payment.refunded', { paymentId: 'p', refundId: 'r', amountCents: 1_000, currency: 'KES' }),
    cloudHas: (seq: number) => moveCloudCursor.run({ db } as never, { seq }),
    types: () => readJournal(db, 0).map(({ type }) => type),
  }
}

it('a fact about money is written down however long the cloud is away; use is only told to whom it concerns', (t) => {
  const { bound, clock, use, pay, types, reacted, alarms, db } = setup(t)
  bound.set(10 * KILOBYTE)
  for (let count = 0; count < 100; count++) use()
  assert.deepEqual(alarms, [])
  clock.step(60_000)
  assert.deepEqual(alarms, ['cloud-backlog'])
  const seq = lastSeq(db)
  use()
  pay()
  assert.equal(lastSeq(db), seq + 1)
  assert.deepEqual(types().slice(seq), ['payment.refunded'])
  assert.deepEqual(reacted.slice(-2), ['usage.recorded', 'payment.refunded'])
})

it('everything is written down again, without a gap in the numbers, once the cloud has caught up', (t) => {
  const { bound, clock, use, types, alarms, cloudHas, db } = setup(t)
  for (let count = 0; count < 100; count++) use()
  bound.set(10 * KILOBYTE)
  use()
  assert.equal(types().length, 100)
  cloudHas(90)
  clock.step(60_000)
  assert.deepEqual(alarms, ['cloud-backlog', undefined])
  use()
  assert.equal(types().length, 101)
  assert.equal(lastSeq(db), 101)
})

it('without a cloud nothing waits for it', (t) => {
  const { bound, clock, use, alarms, types } = setup(t)
  bound.set(undefined)
  for (let count = 0; count < 200; count++) use()
  clock.step(600_000)
  use()
  assert.equal(types().length, 201)
  assert.deepEqual(alarms, [])
})
