import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Db, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

/** The rules of the trade that hold even when the code above them is wrong. */
function setup(t: TestContext): Db {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-schema-'))
  const db = openWriter(join(directory, 'mlango.db'))
  migrate(db)
  db.exec(`INSERT INTO packages (id, name, type, price_cents, currency, duration_seconds, created_at_ms)
    VALUES (1, 'One hour', 'hotspot', 2000, 'KES', 3600, 1)`)
  t.after(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })
  return db
}

function addPayment(db: Db, id: string): void {
  db.prepare(
    `INSERT INTO payments (id, package_id, phone_number, phone_sha256, amount_cents, currency, created_at_ms, updated_at_ms)
     VALUES (?, 1, '254712345678', ?, 2000, 'KES', 1, 1)`,
  ).run(id, randomBytes(32))
}

function addReceipt(db: Db, receipt: string, paymentId: string | null): void {
  db.prepare(
    `INSERT INTO receipts (receipt, payment_id, channel, amount_cents, arrived_at_ms) VALUES (?, ?, 'stk_callback', 2000, 1)`,
  ).run(receipt, paymentId)
}

const move = (db: Db, id: string, state: string) =>
  db.prepare('UPDATE payments SET state = ? WHERE id = ?').run(state, id)

test('a receipt exists once, and credits one payment', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  addPayment(db, 'p2')
  addReceipt(db, 'SLJ4XYZ1AB', 'p1')
  assert.throws(() => addReceipt(db, 'SLJ4XYZ1AB', 'p2'), /UNIQUE/)
  assert.throws(() => addReceipt(db, 'SLJ4XYZ2AB', 'p1'), /UNIQUE/)
  addReceipt(db, 'SLJ4XYZ3AB', null)
})

test('money that was credited cannot be moved to another payment, changed or deleted', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  addPayment(db, 'p2')
  addReceipt(db, 'SLJ4XYZ1AB', 'p1')
  assert.throws(() => db.exec("UPDATE receipts SET payment_id = 'p2'"), /this receipt has been used/)
  assert.throws(() => db.exec('UPDATE receipts SET amount_cents = 1'), /money that came never changes/)
  assert.throws(() => db.exec("UPDATE receipts SET receipt = 'SLJ4XYZ9AB'"), /money that came never changes/)
  assert.throws(() => db.exec('DELETE FROM receipts'), /never deleted/)
})

test('a payment is paid only with a receipt, and moves only as its states allow', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  assert.throws(() => move(db, 'p1', 'PAID'), /may not move that way|only with a receipt/)
  move(db, 'p1', 'SUBMITTING')
  assert.throws(() => move(db, 'p1', 'PAID'), /only with a receipt/)
  addReceipt(db, 'SLJ4XYZ1AB', 'p1')
  move(db, 'p1', 'PAID')
  for (const back of ['CREATED', 'DECLINED', 'EXPIRED', 'REJECTED', 'CLOSED_UNPAID'])
    assert.throws(() => move(db, 'p1', back), /may not move that way/, back)
  move(db, 'p1', 'FULFILLED')
})

test('what was asked for never changes', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  assert.throws(() => db.exec('UPDATE payments SET amount_cents = 100'), /never changes/)
  assert.throws(() => db.exec("UPDATE payments SET phone_number = '254700000000'"), /never changes/)
})

test('the same purchase opens one grant', (t) => {
  const db = setup(t)
  const addGrant = (id: string, source: string, sourceId: string) =>
    db
      .prepare(
        `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, 'x', 1, 'One hour', 1, 1, 2)`,
      )
      .run(id, source, sourceId, `user-${id}`)
  addGrant('g1', 'payment', 'p1')
  assert.throws(() => addGrant('g2', 'payment', 'p1'), /UNIQUE/)
  addGrant('g3', 'voucher', 'p1')
})

test('a voucher that is used up names the grant that it went into', (t) => {
  const db = setup(t)
  db.exec("INSERT INTO voucher_batches (id, package_id, created_at_ms) VALUES ('b', 1, 1)")
  db.exec("INSERT INTO vouchers (batch_id, code) VALUES ('b', 'AAAA')")
  assert.throws(() => db.exec("UPDATE vouchers SET state = 'redeemed' WHERE code = 'AAAA'"), /CHECK/)
  assert.throws(() => db.exec("UPDATE vouchers SET state = 'redeemed', grant_id = 'g1'"), /FOREIGN KEY/)
})

test('a payment has one prompt open at a time', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  const addAttempt = (number: number) =>
    db
      .prepare(
        'INSERT INTO payment_attempts (payment_id, number, account_ref, callback_token_hash, started_at_ms) VALUES (?, ?, ?, ?, 1)',
      )
      .run('p1', number, `REF${number}`, randomBytes(32))
  addAttempt(1)
  assert.throws(() => addAttempt(2), /UNIQUE/)
  db.exec("UPDATE payment_attempts SET outcome = 'expired'")
  addAttempt(2)
})

test('history and audit only grow', (t) => {
  const db = setup(t)
  addPayment(db, 'p1')
  db.exec(
    "INSERT INTO payment_history (payment_id, event, from_state, to_state, detail, at_ms, previous_hash, hash) VALUES ('p1', 'e', 'a', 'b', '', 1, zeroblob(32), randomblob(32))",
  )
  db.exec("INSERT INTO audit (actor, action, subject, at_ms) VALUES ('a', 'b', 'c', 1)")
  for (const table of ['payment_history', 'audit']) {
    assert.throws(() => db.exec(`UPDATE ${table} SET at_ms = 2`), /never change/)
    assert.throws(() => db.exec(`DELETE FROM ${table}`), /never deleted/)
  }
})

test('a running job has an owner, a waiting one has none, and a unique key lives once', (t) => {
  const db = setup(t)
  const addJob = (state: string, owner: number | null, key: string | null) =>
    db
      .prepare(
        `INSERT INTO jobs (name, queue, pool, state, ord, payload, unique_key, max_attempts, owner, run_at_ms, created_at_ms)
         VALUES ('j', 'payments', 'payments', ?, 1, '{}', ?, 3, ?, 1, 1)`,
      )
      .run(state, key, owner)
  assert.throws(() => addJob('running', null, null), /CHECK/)
  assert.throws(() => addJob('ready', 1, null), /CHECK/)
  addJob('running', 1, 'k')
  assert.throws(() => addJob('scheduled', null, 'k'), /UNIQUE/)
})
