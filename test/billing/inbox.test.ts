import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { businessDayOf } from '../../src/billing/business-day.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import { receiveCallback } from '../../src/billing/payment-answers.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { readC2bConfirmation } from '../../src/mpesa/c2b-body.ts'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import { runWaiting } from '../jobs/run-job.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

/** M-PESA says that it has been paid. */
function callbackOf({ ids, receipt, attempt }: ReturnType<typeof openPurchase>) {
  const items = [
    { Name: 'Amount', Value: PRICE_CENTS / 100 },
    { Name: 'MpesaReceiptNumber', Value: receipt },
  ]
  const said = { ResultCode: 0, ResultDesc: '', CallbackMetadata: { Item: items } }
  const stkCallback = { ...said, MerchantRequestID: ids.merchantRequestId, CheckoutRequestID: ids.checkoutRequestId }
  const body = JSON.stringify({ Body: { stkCallback } })
  return { token: attempt.callbackToken, body, evidence: readEvidence(body), sourceAddress: '' }
}

const macOf = (index: number) => `02:00:00:00:01:${String(index).padStart(2, '0')}`

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
  const kept = (inbox: string) =>
    rooms.rows<{ outcome: string; repeats: number }>(`SELECT outcome, repeats FROM ${inbox}`)

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
    const callback = callbackOf(purchase)
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

  it('in a crowd is kept, answered, and weighed when the crowd is over', async () => {
    const purchases = Array.from({ length: 40 }, (_, index) =>
      openPurchase(rooms, { macAddress: macOf(index) }).prompted(),
    )
    breakBooks()
    const outcomes = await Promise.all(purchases.map((purchase) => rooms.submit(receiveCallback, callbackOf(purchase))))
    assert.deepEqual(new Set(outcomes), new Set(['waiting']))
    assert.equal(rooms.jobs('weigh-waiting-callbacks').length, 1)
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 0)
    // One at which our own code fails keeps no other from being weighed, and is tried again on its own.
    for (let turn = 0; turn < 2; turn += 1) await runWaiting(rooms, 'weigh-waiting-callbacks')
    assert.deepEqual(new Set(kept('callback_inbox').map(({ outcome }) => outcome)), new Set(['not-weighed']))
    mendBooks()
    await runWaiting(rooms, 'weigh-message')
    assert.deepEqual(new Set(purchases.map(({ state }) => state)), new Set(['PAID']))
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 40)
  })

  it('that nobody has looked into waits for it, although the crowd is over', async () => {
    const purchase = openPurchase(rooms).prompted()
    assert.equal(rooms.run(receiveCallback, { ...callbackOf(purchase), evidence: undefined }), 'waiting')
    assert.equal(purchase.state, 'PROMPTED')
    await runWaiting(rooms, 'weigh-waiting-callbacks')
    assert.equal(purchase.state, 'PAID')
    assert.deepEqual(kept('callback_inbox'), [{ outcome: 'paid', repeats: 0 }])
  })

  it('in a crowd that comes again is one message, whether it was weighed in between or not', async () => {
    const purchases = Array.from({ length: 40 }, (_, index) =>
      openPurchase(rooms, { macAddress: macOf(index) }).prompted(),
    )
    const crowd = () => Promise.all(purchases.map((purchase) => rooms.submit(receiveCallback, callbackOf(purchase))))
    await crowd()
    // A crowd has its time; then a single caller is served at once again.
    rooms.clock.step(500)
    const [first] = purchases as [ReturnType<typeof openPurchase>]
    assert.equal(rooms.run(receiveCallback, callbackOf(first)), 'paid')
    await crowd()
    for (let turn = 0; turn < 2; turn += 1) await runWaiting(rooms, 'weigh-waiting-callbacks')
    assert.deepEqual(new Set(purchases.map(({ state }) => state)), new Set(['PAID']))
    assert.deepEqual(new Set(kept('callback_inbox').map(({ outcome }) => outcome)), new Set(['paid']))
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 40)
    await crowd()
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 40)
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
