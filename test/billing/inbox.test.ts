import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { businessDayOf } from '../../src/billing/business-day.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { receiveCallback } from '../../src/billing/settle.ts'
import { readC2bConfirmation } from '../../src/mpesa/c2b-body.ts'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import { runWaiting } from '../jobs/run-job.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('a message about money', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  /** As if our own code could not book. */
  const breakBooks = () =>
    rooms.db.exec("CREATE TRIGGER broken BEFORE INSERT ON ledger_entries BEGIN SELECT RAISE(ABORT, 'a bug'); END")
  const mendBooks = () => rooms.db.exec('DROP TRIGGER broken')
  const exceptions = () =>
    dayReport(rooms.db, businessDayOf(rooms.clock.nowMs())).exceptions.map(({ kind, subject }) => `${kind} ${subject}`)
  const kept = (inbox: string) => rooms.rows(`SELECT outcome, repeats FROM ${inbox}`)

  it('about a receipt that stands for a number may come again and again', () => {
    const purchase = openPurchase(rooms).prompted()
    const money = { kind: 'money', receipt: purchase.receipt, amountCents: PRICE_CENTS, billReference: null } as const
    const report = { ...money, payer: UNKNOWN_PAYER, paidAtMs: null }
    rooms.run(receiveMoney, { channel: 'c2b', report, body: 'c2b', source: '' })
    purchase.queryPaid()
    for (let time = 0; time < 3; time += 1) assert.equal(purchase.paid(), 'no-change')
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'no-change', repeats: 2 }])
    assert.equal(rooms.value('SELECT count(*) FROM receipts WHERE duplicate_of IS NOT NULL'), 1)
  })

  it('is kept although our own code fails at it, leaves nothing else behind, and counts once that is mended', async () => {
    const purchase = openPurchase(rooms).prompted()
    const { ids, receipt } = purchase
    const items = [
      { Name: 'Amount', Value: PRICE_CENTS / 100 },
      { Name: 'MpesaReceiptNumber', Value: receipt },
    ]
    const said = { ResultCode: 0, ResultDesc: '', CallbackMetadata: { Item: items } }
    const stkCallback = { ...said, MerchantRequestID: ids.merchantRequestId, CheckoutRequestID: ids.checkoutRequestId }
    const body = JSON.stringify({ Body: { stkCallback } })
    const callback = { token: purchase.attempt.callbackToken, body, evidence: readEvidence(body), sourceAddress: '' }
    breakBooks()
    const before = rooms.snapshot().filter(([table]) => table === 'payments' || table === 'receipts')
    assert.equal(rooms.run(receiveCallback, callback), 'not-weighed')
    assert.deepEqual(
      rooms.snapshot().filter(([table]) => table === 'payments' || table === 'receipts'),
      before,
    )
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'not-weighed', repeats: 0 }])
    assert.deepEqual(exceptions(), ['message-not-weighed callback 1'])
    await assert.rejects(runWaiting(rooms, 'weigh-message'), /failed/)
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'not-weighed', repeats: 0 }])
    mendBooks()
    await runWaiting(rooms, 'weigh-message')
    assert.equal(purchase.state, 'PAID')
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'paid', repeats: 0 }])
    await runWaiting(rooms, 'weigh-message')
    assert.equal(rooms.run(receiveCallback, callback), 'no-change')
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 1)
    assert.ok(!exceptions().some((text) => text.startsWith('message-not-weighed')))
  })

  it('that comes again after the mending counts, too, and is not weighed a third time', async () => {
    const purchase = openPurchase(rooms).prompted()
    breakBooks()
    assert.equal(purchase.paid(), 'not-weighed')
    mendBooks()
    assert.equal(purchase.paid(), 'paid')
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'paid', repeats: 1 }])
    const before = rooms.snapshot()
    await runWaiting(rooms, 'weigh-message')
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('of a till or paybill is kept in the same way; what M-PESA’s lists tell comes again anyway', async () => {
    const body = JSON.stringify({ TransID: 'BYHAND0001', TransAmount: '10.00', MSISDN: '254712345678' })
    const message = { report: readC2bConfirmation(body), body, source: '' }
    breakBooks()
    assert.equal(rooms.run(receiveMoney, { ...message, channel: 'c2b' }), 'not-weighed')
    assert.throws(() => rooms.run(receiveMoney, { ...message, channel: 'pull' }), /failed/)
    mendBooks()
    await runWaiting(rooms, 'weigh-message')
    assert.deepEqual(kept('money_inbox'), [{ outcome: 'unallocated', repeats: 0 }])
    assert.equal(rooms.facts('money.unallocated').length, 1)
  })
})
