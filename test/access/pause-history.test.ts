import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prunePauses } from '../../src/access/pause-history.ts'
import { openRooms } from '../billing/rooms.ts'
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
