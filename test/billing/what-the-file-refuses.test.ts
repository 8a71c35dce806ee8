import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { requestRefund } from '../../src/billing/refunds.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, type Rooms } from './rooms.ts'

describe('the file itself refuses', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const refused = (query: string, message: RegExp, ...values: unknown[]) =>
    assert.throws(() => rooms.db.prepare(query).run(...values), message, query)

  /** Columns of a row that may stand; a test changes the one that may not. */
  function insertPayment(change: Record<string, unknown>) {
    const row = {
      id: `p-${Math.random()}`,
      client_key: null,
      package_id: rooms.addPackage(),
      phone_number: '254712345678',
      phone_sha256: Buffer.alloc(32),
      amount_cents: 1000,
      currency: 'KES',
      state: 'CREATED',
      created_at_ms: 1,
      updated_at_ms: 1,
      ...change,
    }
    const names = Object.keys(row)
    return rooms.db
      .prepare(`INSERT INTO payments (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`)
      .run(row)
  }

  it('a second payment with the same client key', () => {
    insertPayment({ client_key: 'one-tap' })
    assert.throws(() => insertPayment({ client_key: 'one-tap' }), /UNIQUE constraint failed: payments.client_key/)
  })

  it('half a shilling, nothing, and less than nothing', () => {
    for (const amount_cents of [1050, 0, -100]) {
      assert.throws(() => insertPayment({ amount_cents }), /CHECK constraint failed/, String(amount_cents))
    }
  })

  it('an amount that is not a number', () => {
    assert.throws(() => insertPayment({ amount_cents: 'a hundred' }), /cannot store TEXT value in INTEGER column/)
  })

  it('a payment that begins paid', () => {
    assert.throws(() => insertPayment({ state: 'PAID' }), /starts as CREATED/)
  })

  it('paying what was never sent', () => {
    const { paymentId } = openPurchase(rooms)
    rooms.db
      .prepare(
        "INSERT INTO receipts (receipt, payment_id, channel, amount_cents, arrived_at_ms) VALUES ('R2', ?, 'c2b', 1000, 1)",
      )
      .run(paymentId)
    refused("UPDATE payments SET state = 'PAID' WHERE id = ?", /may not move that way/, paymentId)
  })

  it('declining what is paid', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    for (const state of ['DECLINED', 'EXPIRED', 'REJECTED', 'REVIEW', 'CREATED', 'CLOSED_UNPAID']) {
      refused('UPDATE payments SET state = ? WHERE id = ?', /may not move that way/, state, purchase.paymentId)
    }
  })

  it('a state that does not exist', () => {
    const { paymentId } = openPurchase(rooms)
    refused("UPDATE payments SET state = 'FREE' WHERE id = ?", /may not move that way/, paymentId)
  })

  it('paid without a receipt', () => {
    const purchase = openPurchase(rooms).prompted()
    refused("UPDATE payments SET state = 'PAID' WHERE id = ?", /only with a receipt/, purchase.paymentId)
  })

  it('another price, package or phone than was asked for', () => {
    const { paymentId } = openPurchase(rooms)
    refused('UPDATE payments SET amount_cents = 100 WHERE id = ?', /never changes/, paymentId)
    refused('UPDATE payments SET package_id = 99 WHERE id = ?', /never changes/, paymentId)
    refused("UPDATE payments SET phone_number = '254700000000' WHERE id = ?", /never changes/, paymentId)
  })

  it('a second open attempt', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    refused(
      "INSERT INTO payment_attempts (payment_id, number, account_ref, callback_token_hash, started_at_ms) VALUES (?, 2, 'ML2', ?, 1)",
      /UNIQUE constraint failed: payment_attempts.payment_id/,
      purchase.paymentId,
      Buffer.alloc(32, 1),
    )
  })

  it('two attempts with one reference, one callback token, or one of M-PESA’s ids', () => {
    const first = openPurchase(rooms).prompted()
    const second = openPurchase(rooms)
    second.send()
    const copy = (column: string) =>
      refused(
        `UPDATE payment_attempts SET ${column} = (SELECT ${column} FROM payment_attempts WHERE id = ?) WHERE id = ?`,
        /UNIQUE constraint failed/,
        first.attempt.attemptId,
        second.attempt.attemptId,
      )
    for (const column of ['account_ref', 'callback_token_hash', 'merchant_request_id', 'checkout_request_id'])
      copy(column)
  })

  it('a reference that M-PESA would not take', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    for (const reference of ['', 'THIRTEEN-LONG']) {
      refused(
        'UPDATE payment_attempts SET account_ref = ? WHERE payment_id = ?',
        /CHECK/,
        reference,
        purchase.paymentId,
      )
    }
  })

  it('the same receipt by another channel', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    refused(
      "INSERT INTO receipts (receipt, channel, amount_cents, arrived_at_ms) VALUES (?, 'c2b', 1000, 1)",
      /UNIQUE constraint failed: receipts.receipt/,
      purchase.receipt,
    )
  })

  it('a receipt by a channel that does not exist, without any number, or of nothing', () => {
    const insert = 'INSERT INTO receipts (receipt, channel, amount_cents, arrived_at_ms) VALUES (?, ?, ?, 1)'
    refused(insert, /CHECK/, 'R1', 'rumour', 1000)
    refused(insert, /CHECK/, null, 'c2b', 1000)
    refused(insert, /CHECK/, 'R1', 'c2b', 0)
  })

  it('a second receipt for one payment', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    refused(
      "INSERT INTO receipts (receipt, payment_id, channel, amount_cents, arrived_at_ms) VALUES ('R2', ?, 'c2b', 1000, 1)",
      /UNIQUE constraint failed: receipts.payment_id/,
      purchase.paymentId,
    )
  })

  it('a second credit for a receipt: it never goes to another payment, and never away', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    const other = openPurchase(rooms).prompted()
    refused('UPDATE receipts SET payment_id = ? WHERE receipt = ?', /has been used/, other.paymentId, purchase.receipt)
    refused('UPDATE receipts SET payment_id = NULL WHERE receipt = ?', /has been used/, purchase.receipt)
    refused('DELETE FROM receipts WHERE receipt = ?', /never deleted/, purchase.receipt)
  })

  it('another number or amount for money that came', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    refused("UPDATE receipts SET receipt = 'OTHER00001' WHERE receipt = ?", /never changes/, purchase.receipt)
    refused('UPDATE receipts SET amount_cents = 1 WHERE receipt = ?', /never changes/, purchase.receipt)
    const asked = openPurchase(rooms).prompted()
    asked.queryPaid()
    rooms.run(requestRefund, {
      ...{ paymentId: asked.paymentId, receipt: null, reason: 'no service', by: 'asha', approvalAboveCents: 1e6 },
    })
    refused('UPDATE receipts SET amount_cents = 1 WHERE payment_id = ?', /never changes/, asked.paymentId)
  })

  it('a credit with the wrong amount', () => {
    const purchase = openPurchase(rooms).prompted()
    refused(
      "INSERT INTO receipts (receipt, payment_id, channel, amount_cents, arrived_at_ms) VALUES ('R2', ?, 'c2b', 100, 1)",
      /exactly its price/,
      purchase.paymentId,
    )
    rooms.db
      .prepare("INSERT INTO receipts (receipt, channel, amount_cents, arrived_at_ms) VALUES ('R3', 'c2b', 100, 1)")
      .run()
    refused("UPDATE receipts SET payment_id = ? WHERE receipt = 'R3'", /exactly its price/, purchase.paymentId)
  })

  it('a second grant for a payment', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    const insert = `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms)
      VALUES (?, 'payment', ?, ?, 'secret', ?, 'hour', 1, 1, 2)`
    const values = (id: string) => [id, purchase.paymentId, id, purchase.asked.packageId]
    rooms.db.prepare(insert).run(...values('g1'))
    refused(insert, /UNIQUE constraint failed: grants.source, grants.source_id/, ...values('g2'))
  })

  it('a code twice, and a redeemed voucher without a grant or with one that does not exist', () => {
    rooms.db
      .prepare("INSERT INTO voucher_batches (id, package_id, created_at_ms) VALUES ('b', ?, 1)")
      .run(rooms.addPackage())
    const insert = 'INSERT INTO vouchers (batch_id, code, state, grant_id) VALUES (?, ?, ?, ?)'
    rooms.db.prepare(insert).run('b', '1111111111', 'unused', null)
    refused(insert, /UNIQUE constraint failed: vouchers.code/, 'b', '1111111111', 'unused', null)
    refused(insert, /FOREIGN KEY/, 'b', '2222222222', 'redeemed', 'g1')
    refused(insert, /CHECK/, 'b', '3333333333', 'redeemed', null)
    refused(insert, /CHECK/, 'b', '4444444444', 'unused', 'g2')
  })

  it('a changed or shortened history', () => {
    const purchase = openPurchase(rooms).prompted()
    refused(
      "UPDATE payment_history SET to_state = 'PAID' WHERE payment_id = ?",
      /history never changes/,
      purchase.paymentId,
    )
    refused('DELETE FROM payment_history WHERE payment_id = ?', /history is never deleted/, purchase.paymentId)
  })

  it('a changed or shortened audit', () => {
    rooms.db.prepare("INSERT INTO audit (actor, action, subject, at_ms) VALUES ('a', 'b', 'c', 1)").run()
    refused("UPDATE audit SET actor = 'nobody'", /audit never changes/)
    refused('DELETE FROM audit', /audit is never deleted/)
  })

  it('a changed fact', () => {
    openPurchase(rooms)
    refused("UPDATE journal SET type = 'payment.completed'", /never changes/)
  })

  it('a payment, attempt or grant of nothing: foreign keys hold', () => {
    assert.equal(rooms.db.pragma('foreign_keys', { simple: true }), 1)
    assert.throws(() => insertPayment({ package_id: 999 }), /FOREIGN KEY/)
    refused(
      "INSERT INTO receipts (receipt, payment_id, channel, amount_cents, arrived_at_ms) VALUES ('R2', 'nobody', 'c2b', 1000, 1)",
      /FOREIGN KEY|exactly its price/,
    )
  })

  it('to lose count of the payments in each state', () => {
    const purchases = [1, 2, 3].map(() => openPurchase(rooms).prompted())
    purchases[0]?.paid()
    purchases[1]?.failed()
    assert.deepEqual(
      rooms.rows('SELECT * FROM payment_counts WHERE payments > 0 ORDER BY state'),
      rooms.rows('SELECT state, count(*) AS payments FROM payments GROUP BY state ORDER BY state'),
    )
    assert.equal(rooms.value('SELECT count(*) FROM payment_counts WHERE payments > 0'), 3)
  })
})
