import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { prunePauses } from '../../src/access/pause-history.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { withdrawGrant } from '../../src/access/withdraw.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

const DAY_MS = 86_400_000

test('pauses that were over long ago are forgotten, but the last of a grant that runs, and the newest of all', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const running = openStay(rooms, { durationSeconds: 365 * 86_400 })
  const over = openStay(rooms, { macAddress: '02:00:00:00:00:09' })
  rooms.db.prepare('UPDATE grants SET ended_at_ms = 1, end_reason = ? WHERE id = ?').run('revoked', over.grantId)
  const insert = rooms.db.prepare('INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms) VALUES (?, ?, ?)')
  const atMs = rooms.clock.nowMs()
  for (const grantId of [running.grantId, running.grantId, over.grantId]) insert.run(grantId, atMs - 1000, atMs)
  const insertMany = (grantId: string) =>
    rooms.db
      .prepare(
        `INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT ?, ?, ? FROM n`,
      )
      .run(grantId, atMs - 1000, atMs)
  const others = () => rooms.value('SELECT count(*) FROM grant_pauses WHERE id > 3')
  const oldest = () => rooms.rows<{ id: number }>('SELECT id FROM grant_pauses WHERE id <= 3').map(({ id }) => id)
  rooms.clock.step(31 * DAY_MS)
  assert.equal(rooms.run(prunePauses, { limit: 10 }), 0)
  insertMany(running.grantId)
  assert.equal(rooms.run(prunePauses, { limit: 2 }), 2)
  assert.equal(rooms.run(prunePauses, { limit: 10 }), 1)
  assert.deepEqual([oldest(), others()], [[], 5_000])
  const later = openStay(rooms, { durationSeconds: 365 * 86_400, macAddress: '02:00:00:00:00:0A' })
  insertMany(later.grantId)
  for (let went = 1; went > 0; ) went = rooms.run(prunePauses, { limit: 1_000 })
  const left = rooms.rows<{ count: number }>('SELECT count(*) AS count FROM grant_pauses GROUP BY grant_id')
  assert.deepEqual(left.map(({ count }) => count).sort(), [1, 5_000])
})

/** A box whose clock nobody believes, with more pauses than always stay. */
function setup(t: TestContext) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const insert = rooms.db.prepare('INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms) VALUES (?, ?, ?)')
  const pass = (ms: number) => {
    rooms.clock.step(ms)
    addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
  }
  return {
    rooms,
    pass,
    startAgain(laterMs = 0) {
      rooms.clock.step(laterMs)
      rooms.restart()
      rooms.run(judgeClock, { trusted: false, reason: 'test' })
    },
    addPause: (grantId: string, minutes = 1) =>
      Number(insert.run(grantId, rooms.clock.nowMs() - minutes * 60_000, rooms.clock.nowMs()).lastInsertRowid),
    prune() {
      const { grantId } = openStay(rooms, { macAddress: '02:00:00:00:00:FF' })
      const atMs = rooms.clock.nowMs()
      rooms.db.transaction(() => {
        for (let more = 0; more < 5_000; more += 1) insert.run(grantId, atMs - 1000, atMs)
      })()
      rooms.run(prunePauses, { limit: 1_000 })
    },
    stays: (pauseId: number) => rooms.value('SELECT 1 FROM grant_pauses WHERE id = ?', pauseId) === 1,
  }
}

const YEAR_SECONDS = 365 * 86_400
const openLong = (rooms: Rooms, at = 0) =>
  openStay(rooms, { source: 'payment', durationSeconds: YEAR_SECONDS, macAddress: `02:00:00:00:01:0${at}` })

test('a clock that is never believed keeps no pause from more than thirty days with power ago', (t) => {
  const { rooms, pass, startAgain, addPause, prune, stays } = setup(t)
  const { grantId } = openLong(rooms)
  startAgain(YEAR_SECONDS * 1000)
  pass(DAY_MS)
  const old = addPause(grantId)
  pass(20 * DAY_MS)
  startAgain(YEAR_SECONDS * 1000)
  pass(DAY_MS)
  const young = addPause(grantId)
  pass(11 * DAY_MS)
  addPause(grantId)
  prune()
  assert.deepEqual([stays(old), stays(young)], [false, true])
})

test('a clock that has leapt ahead forgets no pause that may have been last week', (t) => {
  const { rooms, pass, startAgain, addPause, prune, stays } = setup(t)
  const { grantId } = openLong(rooms)
  const pause = addPause(grantId)
  pass(DAY_MS)
  startAgain(YEAR_SECONDS * 1000)
  addPause(grantId)
  prune()
  assert.ok(stays(pause))
})

test('a pause over a start by which the end of access is judged stays until that is over, and its refund too late to be dropped', (t) => {
  const { rooms, pass, startAgain, addPause, prune, stays } = setup(t)
  const [running, over, refunded] = [0, 1, 2].map((at) => openLong(rooms, at)) as [Stay, Stay, Stay]
  startAgain(YEAR_SECONDS * 1000)
  const [ofRunning, ofOver, ofRefunded] = [running, over, refunded].map(({ grantId }) => addPause(grantId, 10)) as [
    number,
    number,
    number,
  ]
  addPause(running.grantId)
  rooms.run(withdrawGrant, { source: 'payment', sourceId: refunded.order.sourceId })
  rooms.db
    .prepare("UPDATE grants SET ended_at_ms = ?, end_reason = 'time-used' WHERE id = ?")
    .run(rooms.clock.nowMs(), over.grantId)
  pass(31 * DAY_MS)
  prune()
  assert.deepEqual([stays(ofRunning), stays(ofOver), stays(ofRefunded)], [true, false, true])
})

test('pauses that are forgotten while the clock is ahead give no time again that an outage has given', (t) => {
  const { rooms, pass, startAgain, prune } = setup(t)
  startAgain(YEAR_SECONDS * 1000)
  const stay = openStay(rooms, { pausesOffline: true, durationSeconds: YEAR_SECONDS })
  const online = (acctSessionId: string) => stay.account({ status: 'start', acctSessionId })
  const offline = (acctSessionId: string, minutes: number) =>
    stay.account({ status: 'stop', acctSessionId, sessionSeconds: minutes * 60 })
  const left = () => leftOf(rooms.db, stay.grant(), rooms.clock.nowMs()).seconds
  online('first')
  const beganAtMs = rooms.clock.nowMs()
  pass(20 * 60_000)
  const outage = { routerId: stay.routerId, reason: 'router' as const, beganAtMs, endedAtMs: rooms.clock.nowMs() }
  rooms.run(creditOutage, { outage, mostSeconds: 7200 })
  assert.equal(left(), YEAR_SECONDS)
  // The end of the session is told late: it was over in the middle of the outage.
  stay.account({ status: 'stop', acctSessionId: 'first', sessionSeconds: 600, eventAtMs: beganAtMs + 600_000 })
  assert.equal(left(), YEAR_SECONDS)
  for (const session of ['second', 'third']) {
    online(session)
    pass(60_000)
    offline(session, 1)
    pass(20 * DAY_MS)
  }
  pass(20 * DAY_MS)
  startAgain()
  prune()
  const before = left()
  online('fourth')
  offline('fourth', 0)
  assert.equal(left(), before)
})

type Stay = ReturnType<typeof openStay>
