import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { movedBetween } from '../../src/billing/ledger.ts'
import { recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('the books', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const balances = () =>
    Object.fromEntries(Object.entries(movedBetween(rooms.db, '', '9999-12-31')).filter(([, cents]) => cents !== 0))

  it('follow money from the float to the sale, and back', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    assert.deepEqual(balances(), { mpesa_float: PRICE_CENTS, prepaid: -PRICE_CENTS })
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId, by: 'online' })
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId, by: 'online' })
    assert.deepEqual(balances(), { mpesa_float: PRICE_CENTS, wifi_sales: -PRICE_CENTS })
    const asked = {
      paymentId: purchase.paymentId,
      receipt: null,
      reason: 'x',
      by: 'asha',
      approvalAboveCents: PRICE_CENTS,
    }
    const refund = rooms.run(requestRefund, asked)
    assert.deepEqual(balances(), { mpesa_float: PRICE_CENTS, refund_due: -PRICE_CENTS })
    const refundId = 'refundId' in refund ? refund.refundId : ''
    rooms.run(recordRefundResult, { refundId, result: 'done', method: 'manual', reference: null, by: 'asha' })
    assert.deepEqual(balances(), {})
  })

  it('keep what belongs to nobody apart', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid({ amountCents: 500 })
    assert.deepEqual(balances(), { mpesa_float: 500, unallocated: -500 })
  })

  it('are refused by the file with one side, unbalanced, after posting, changed or shortened', () => {
    const open = () =>
      rooms.db
        .prepare(`INSERT INTO ledger_transactions (dedupe_key, business_day, at_ms) VALUES (?, '2026-11-24', 1)`)
        .run(`k${Math.random()}`).lastInsertRowid
    const enter = (id: number | bigint, account: string, cents: number) =>
      rooms.db.prepare('INSERT INTO ledger_entries VALUES (?, ?, ?)').run(id, account, cents)
    const postIt = (id: number | bigint) =>
      rooms.db.prepare('UPDATE ledger_transactions SET posted = 1 WHERE id = ?').run(id)
    const oneLegged = open()
    enter(oneLegged, 'bank', 100)
    assert.throws(() => postIt(oneLegged), /sum to zero/)
    enter(oneLegged, 'mpesa_float', -99)
    assert.throws(() => postIt(oneLegged), /sum to zero/)
    assert.throws(() => enter(oneLegged, 'prepaid', 0), /CHECK/)
    assert.throws(() => enter(oneLegged, 'pocket', 1), /CHECK/)
    enter(oneLegged, 'mpesa_fees', -1)
    postIt(oneLegged)
    assert.throws(() => enter(oneLegged, 'prepaid', 1), /no more entries/)
    assert.throws(() => postIt(oneLegged), /final/)
    for (const query of [
      'UPDATE ledger_entries SET amount_cents = 1',
      'DELETE FROM ledger_entries',
      'DELETE FROM ledger_transactions',
      "UPDATE ledger_transactions SET business_day = '2026-11-25'",
    ]) {
      assert.throws(() => rooms.db.prepare(query).run(), /never|final/, query)
    }
  })
})
