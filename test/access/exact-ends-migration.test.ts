import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Db } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { addPackage, openOlderDatabase } from '../store/older-database.ts'

/** The schema before ends were exact: what the time to use access has cut off it is kept with each pause. */
const BEFORE = 36

function setup(t: TestContext): Db {
  const db = openOlderDatabase(t, BEFORE)
  addPackage(db)
  return db
}

/** Given at 1000, and again at each of `extendedAtMs`; every pause has lost 500 ms to the time to use it. */
function addGrant(
  db: Db,
  id: string,
  { expiresAtMs, extendedAtMs = [], pauses }: { expiresAtMs: number; extendedAtMs?: number[]; pauses: number[] },
): void {
  db.prepare(
    `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms, use_before_ms)
     VALUES (:id, 'voucher', :id, :id, '', 1, '', 1, 1000, :expiresAtMs, 10000)`,
  ).run({ id, expiresAtMs })
  for (const atMs of [1000, ...extendedAtMs])
    db.prepare(
      `INSERT INTO grant_parts (source, source_id, grant_id, seconds, bytes, given_at_ms) VALUES ('voucher', ?, ?, 1, NULL, ?)`,
    ).run(`${id} ${atMs}`, id, atMs)
  for (const endedAtMs of pauses)
    db.prepare('INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms, cut_ms) VALUES (?, ?, ?, 500)').run(
      ...[id, endedAtMs - 500, endedAtMs],
    )
}

const cutOf = (db: Db, id: string) => db.prepare('SELECT cut_ms FROM grants WHERE id = ?').pluck().get(id)

test('what was cut off access since it was bought last is kept with it', (t) => {
  const db = setup(t)
  addGrant(db, 'cut', { expiresAtMs: 10_000, pauses: [2000, 3000] })
  addGrant(db, 'cut-since', { expiresAtMs: 10_000, extendedAtMs: [2000], pauses: [2000, 3000] })
  migrate(db)
  assert.deepEqual([cutOf(db, 'cut'), cutOf(db, 'cut-since')], [1000, 500])
})

test('what has been extended or shortened since is cut no longer: nobody gets that time again', (t) => {
  const db = setup(t)
  addGrant(db, 'extended', { expiresAtMs: 9000, extendedAtMs: [4000], pauses: [2000] })
  addGrant(db, 'shortened', { expiresAtMs: 9000, pauses: [2000] })
  migrate(db)
  assert.deepEqual([cutOf(db, 'extended'), cutOf(db, 'shortened')], [0, 0])
})
