import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Db, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

/** The schema before it was kept what the staff revoked. */
const BEFORE = 39

function setup(t: TestContext): Db {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-revoked-'))
  const db = openWriter(join(directory, 'mlango.db'))
  t.after(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })
  migrate(db, BEFORE)
  db.exec(`INSERT INTO packages (id, name, type, price_cents, currency, duration_seconds, created_at_ms)
    VALUES (1, 'One hour', 'hotspot', 2000, 'KES', 3600, 1)`)
  return db
}

/** Bought twice; each purchase is withdrawn when `withdrawnAtMs` says. */
function addGrant(
  db: Db,
  id: string,
  ended: { atMs: number | null; reason: string | null },
  ...withdrawnAtMs: (number | null)[]
): void {
  db.prepare(
    `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms, ended_at_ms, end_reason)
     VALUES (:id, 'payment', :id, :id, '', 1, '', 1, 1000, 2000, :atMs, :reason)`,
  ).run({ id, ...ended })
  for (const [at, atMs] of withdrawnAtMs.entries())
    db.prepare(
      `INSERT INTO grant_parts (source, source_id, grant_id, seconds, given_at_ms, withdrawn_at_ms) VALUES ('payment', ?, ?, 1, 1000, ?)`,
    ).run(`${id} ${at}`, id, atMs)
}

test('what the staff had revoked before an upgrade stays so', (t) => {
  const db = setup(t)
  const revoked = { atMs: 1500, reason: 'revoked' }
  addGrant(db, 'by-the-staff', revoked, null)
  addGrant(db, 'before-its-refund', revoked, 1600)
  addGrant(db, 'of-which-one-is-refunded', revoked, null, 1400)
  addGrant(db, 'by-its-refund', revoked, 1500, 1400)
  addGrant(db, 'by-both', revoked, 1500)
  addGrant(db, 'unpaid', revoked)
  addGrant(db, 'time-used', { atMs: 2000, reason: 'time-used' }, null)
  addGrant(db, 'runs', { atMs: null, reason: null }, null)
  for (const id of ['by-both', 'runs'])
    db.prepare("INSERT INTO audit (actor, action, subject, at_ms) VALUES ('juma', 'grant.revoke', ?, 1550)").run(
      `grant ${id}`,
    )
  migrate(db)
  assert.deepEqual(db.prepare('SELECT id FROM grants WHERE revoked_by_hand = 1 ORDER BY rowid').pluck().all(), [
    ...['by-the-staff', 'before-its-refund', 'of-which-one-is-refunded', 'by-both'],
  ])
})
