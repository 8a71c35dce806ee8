import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Db } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { addPackage, openOlderDatabase } from '../store/older-database.ts'

/** The schema before it was kept what the staff revoked. */
const BEFORE = 39

function setup(t: TestContext): Db {
  const db = openOlderDatabase(t, BEFORE)
  addPackage(db)
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

test('and so does what it had revoked of subscriptions, and of vouchers that were bought', (t) => {
  const db = setup(t)
  const at = (atMs: number) => ({ atMs, reason: 'revoked' })
  const revoke = db.prepare(
    "INSERT INTO audit (actor, action, subject, at_ms) VALUES ('juma', 'grant.revoke', ?, 1500)",
  )
  db.exec("INSERT INTO customers (id, phone_number, created_at_ms) VALUES (1, '254712345678', 1)")
  for (const [id, endedAtMs] of Object.entries({ 'by-the-staff': 1500, 'paid-again-and-refunded': 1600 })) {
    addGrant(db, id, at(endedAtMs))
    revoke.run(`grant ${id}`)
    db.prepare(
      `INSERT INTO subscriptions (id, account_number, customer_id, package_id, grant_id, starts_at_ms, grace_days, disconnected_at_ms, disconnection_reason, created_at_ms)
       VALUES (:id, :id2, 1, 1, :id, 1, 0, 1, 'revoked', 1)`,
    ).run({ id, id2: id.slice(0, 12) })
  }
  // However it came to its state.
  db.exec('DROP TRIGGER payments_start_created')
  for (const [batch, state] of [
    ['kept', 'FULFILLED'],
    ['refunded', 'REVIEW'],
    ['runs', 'FULFILLED'],
  ] as const) {
    addGrant(db, batch, at(1500))
    db.prepare('INSERT INTO voucher_batches (id, package_id, created_at_ms) VALUES (?, 1, 1)').run(batch)
    const { lastInsertRowid } = db
      .prepare("INSERT INTO vouchers (batch_id, code, state, grant_id) VALUES (:batch, :batch, 'redeemed', :batch)")
      .run({ batch })
    db.prepare("INSERT INTO vouchers (batch_id, code, state) VALUES (:batch, :batch || ' unused', 'revoked')").run({
      batch,
    })
    db.prepare(
      `INSERT INTO payments (id, package_id, amount_cents, currency, state, created_at_ms, updated_at_ms) VALUES (?, 1, 2000, 'KES', ?, 1, 1)`,
    ).run(batch, state)
    db.prepare(
      `INSERT INTO payment_purposes (payment_id, voucher_phone_number, voucher_batch_id) VALUES (:batch, '254712345678', :batch)`,
    ).run({ batch })
    db.prepare(
      `INSERT INTO grant_parts (source, source_id, grant_id, seconds, given_at_ms, withdrawn_at_ms) VALUES ('voucher', ?, ?, 1, 1000, ?)`,
    ).run(String(lastInsertRowid), batch, batch === 'runs' ? null : 1500)
  }
  migrate(db)
  const ofSubscriptions =
    'SELECT grant_id FROM subscriptions JOIN grants ON grants.id = grant_id WHERE revoked_by_hand = 1'
  assert.deepEqual(db.prepare(ofSubscriptions).pluck().all(), ['by-the-staff'])
  assert.deepEqual(db.prepare('SELECT code FROM vouchers WHERE revoked_by_hand = 1 ORDER BY id').pluck().all(), [
    ...['kept', 'kept unused', 'runs unused'],
  ])
})
