import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pruneSessions } from '../../src/access/session-history.ts'
import { moveCloudCursor } from '../../src/flow/cloud-cursor.ts'
import { oldFailuresEndMs, pruneBoots, pruneJournal } from '../../src/flow/history.ts'
import { House } from './house.ts'

const DAY_MS = 24 * 3_600_000

function setup(t: TestContext) {
  const house = new House({ commands: [pruneJournal, pruneBoots, pruneSessions, moveCloudCursor] })
  t.after(() => house.close())
  /** Facts of so many days ago, after those that are there. */
  const happened = (count: number, daysAgo: number) =>
    house.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO journal SELECT i + (SELECT coalesce(max(seq), 0) FROM journal), hex(randomblob(16)), 'cloud.connected', ?, '{}' FROM n`,
      )
      .run(count, house.clock.nowMs() - daysAgo * DAY_MS)
  const left = () =>
    house.db.prepare('SELECT min(seq) AS first, max(seq) AS last, count(*) AS count FROM journal').get() as {
      first: number
      last: number
      count: number
    }
  const prune = (hasCloud: boolean, limit = 5_000) => house.run(pruneJournal, { limit, hasCloud })
  return { house, happened, left, prune }
}

test('old facts go from the beginning on, a few at a time, and the numbers go on', async (t) => {
  const { happened, left, prune } = setup(t)
  happened(1_000, 100)
  happened(21_000, 10)
  assert.equal(await prune(false, 600), 600)
  assert.equal(await prune(false, 600), 400)
  assert.equal(await prune(false, 600), 0)
  assert.deepEqual(left(), { first: 1_001, last: 22_000, count: 21_000 })
})

test('what the cloud does not have yet is never forgotten', async (t) => {
  const { house, happened, left, prune } = setup(t)
  happened(30_000, 100)
  assert.equal(await prune(true), 0)
  await house.run(moveCloudCursor, { seq: 700 })
  assert.equal(await prune(true), 700)
  assert.equal(left().first, 701)
})

test('a clock in another century forgets no more than the oldest', async (t) => {
  const { house, happened, left, prune } = setup(t)
  happened(100, 80 * 365)
  happened(20_000, 0)
  await house.pass(30_000 * DAY_MS)
  assert.equal(await prune(false, 50_000), 100)
  assert.deepEqual(left(), { first: 101, last: 20_100, count: 20_000 })
})

test('facts with a time that has not come do not keep the old ones for ever', async (t) => {
  const { happened, prune } = setup(t)
  happened(50, -400)
  happened(50, 100)
  happened(20_000, 1)
  assert.equal(await prune(false), 100)
})

test('sessions of the last year stay, and open ones, whatever their age', async (t) => {
  const { house } = setup(t)
  house.db.exec(`INSERT INTO routers (id, name, api_port, api_tls, api_username, api_password, radius_secret, coa_port, access_mode, status, created_at_ms)
    VALUES (1, 'Router 1', 8728, 0, 'mlango', 'x', 'a-radius-secret', 3799, 'radius', 'adopted', 1)`)
  const add = (count: number, daysAgo: number, isOpen = false) => {
    const atMs = house.clock.nowMs() - daysAgo * DAY_MS
    house.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO sessions (unique_key, router_id, username, acct_session_id, started_at_ms, updated_at_ms, stopped_at_ms, stop_reason)
         SELECT hex(randomblob(16)), 1, 'a', 's', ?, ?, ?, ? FROM n`,
      )
      .run(count, atMs, atMs, isOpen ? null : atMs, isOpen ? null : 'router: User-Request')
  }
  add(30, 400)
  add(3, 400, true)
  add(20_000, 5)
  assert.equal(await house.run(pruneSessions, { limit: 500 }), 30)
  assert.equal(house.db.prepare('SELECT count(*) FROM sessions').pluck().get(), 20_003)
})

test('the numbers of starts stay unique although old ones are forgotten', async (t) => {
  const { house } = setup(t)
  house.db.exec(`WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO boots (number, started_at_ms) SELECT i, 1 FROM n`)
  assert.equal(await house.run(pruneBoots, { limit: 5_000 }), 492)
  const boots = house.db.prepare('SELECT count(*) AS count, max(number) AS last FROM boots').get()
  assert.deepEqual(boots, { count: 1_000, last: 1_500 })
})

test('the newest thousand failed jobs stay, whatever the clock says', async (t) => {
  const { house } = setup(t)
  const fail = (count: number, atMs: number) =>
    house.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO failed_jobs (name, queue, payload, attempt, rescues, epoch, reason, errors, created_at_ms, failed_at_ms)
         SELECT 'open-door', 'payments', '{}', 3, 0, 1, 'closed', '[]', 1, ? + i FROM n`,
      )
      .run(count, atMs)
  const nowMs = house.clock.nowMs()
  fail(1_000, nowMs - 100 * DAY_MS)
  assert.equal(oldFailuresEndMs(house.db, nowMs), 0)
  fail(500, nowMs - DAY_MS)
  assert.equal(oldFailuresEndMs(house.db, nowMs + 30_000 * DAY_MS), nowMs - 100 * DAY_MS + 500)
})
