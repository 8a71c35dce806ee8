import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentOutages } from '../../src/access/outages.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openOlderDatabase } from '../store/older-database.ts'

/** The schema in which an outage moved as a whole. */
const BEFORE = 40

test('an outage that had followed the clock before an upgrade is as long as it was', (t) => {
  const db = openOlderDatabase(t, BEFORE)
  db.exec(
    "INSERT INTO outages (router_id, reason, began_at_ms, ended_at_ms, moved_ms) VALUES (1, 'router', 1000, 2000, -500)",
  )
  migrate(db)
  const [outage] = recentOutages(db, 1)
  assert.deepEqual([outage?.beganAtMs, outage?.endedAtMs], [500, 1500])
})
