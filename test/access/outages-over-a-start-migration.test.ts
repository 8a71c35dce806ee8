import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { recentOutages } from '../../src/access/outages.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

/** The schema in which an outage moved as a whole. */
const BEFORE = 40

test('an outage that had followed the clock before an upgrade is as long as it was', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-outages-'))
  const db = openWriter(join(directory, 'mlango.db'))
  t.after(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })
  migrate(db, BEFORE)
  db.exec(
    "INSERT INTO outages (router_id, reason, began_at_ms, ended_at_ms, moved_ms) VALUES (1, 'router', 1000, 2000, -500)",
  )
  migrate(db)
  const [outage] = recentOutages(db, 1)
  assert.deepEqual([outage?.beganAtMs, outage?.endedAtMs], [500, 1500])
})
