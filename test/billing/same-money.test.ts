import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { giveUpPayments, missDeadline } from '../../src/billing/payment-deadlines.ts'
import { type Payer, UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { type MoneyReport, receiveMoney } from '../../src/billing/receive-money.ts'
import { requestRefund } from '../../src/billing/refunds.ts'
import { assignReceipt, claimReceipt } from '../../src/billing/walk-in.ts'
import { openSubscriber } from '../access/subscriber.ts'
import { runWaiting } from '../jobs/run-job.ts'
import { MAC, openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

const MINUTE_MS = 60_000
const payers: Record<string, (phone: string) => Payer> = {
  'a plain number': (phone) => ({ ...UNKNOWN_PAYER, phone }),
  'a hashed number': (phone) => ({ ...UNKNOWN_PAYER, sha256: createHash('sha256').update(phone).digest('hex') }),
  'a masked number': (phone) => ({ ...UNKNOWN_PAYER, masked: `${phone.slice(0, 4)} ***** ${phone.slice(-3)}` }),
}

/** A till's C2B has no reference, and the query has no number: only amount, time and payer say that both are one. */
describe('one payment through a till whose callback is lost', () => {
  let rooms: Rooms
  let receipt: string
  let packageId: number
  beforeEach(() => {
    rooms = openRooms()
    packageId = rooms.addPackage()
  })
  afterEach(() => rooms.close())

  function tell(payer: Payer, change: Partial<MoneyReport> = {}) {
    const money = { kind: 'money', receipt, amountCents: PRICE_CENTS, billReference: null } as const
    const report = { ...money, payer, paidAtMs: rooms.clock.nowMs(), ...change }
    return rooms.run(receiveMoney, { channel: 'c2b', report, body: JSON.stringify(report), source: '' })
  }
  const claim = (macAddress: string | null = MAC) =>
    rooms.run(claimReceipt, { receipt, macAddress, timeZone: 'Africa/Nairobi' })
  const paidWith = (paymentId: string) => ({ outcome: 'paid', paymentId })
  const assign = (to: { packageId?: number; paymentId?: string }) =>
    rooms.run(assignReceipt, {
      ...{ receipt, packageId: null, paymentId: null, phoneNumber: null, macAddress: null },
      ...{ by: 'asha', reason: 'seen', ...to },
    }).outcome
  const refund = () => {
    const asked = { paymentId: null, receipt, reason: 'asked for it', by: 'asha' }
    return rooms.run(requestRefund, { ...asked, approvalAboveCents: PRICE_CENTS }).outcome
  }
  const credits = () => rooms.value('SELECT count(*) FROM receipts WHERE payment_id IS NOT NULL')
  const float = () => rooms.value("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float'")
  function isCountedOnce() {
    assert.deepEqual([credits(), rooms.facts('payment.completed').length, float()], [1, 1, PRICE_CENTS])
  }

  /** The first prompt failed and the second one was paid, so that even a whole number fits two purchases. */
  function retried({ late = false } = {}) {
    const first = openPurchase(rooms, { packageId }).prompted()
    if (late) rooms.run(missDeadline, { paymentId: first.paymentId })
    first.failed()
    rooms.clock.step(3 * MINUTE_MS)
    const second = openPurchase(rooms, { packageId, phoneNumber: first.asked.phoneNumber }).prompted()
    receipt = second.receipt
    return { first, second, phoneNumber: first.asked.phoneNumber }
  }

  for (const [name, payerOf] of Object.entries(payers)) {
    describe(`with ${name}`, () => {
      it('is counted once when C2B, the query and the payer speak in this order', () => {
        const { second, phoneNumber } = retried()
        assert.equal(tell(payerOf(phoneNumber)), 'unallocated')
        second.queryPaid()
        assert.deepEqual(second.receipts(), [
          { receipt, checkout_request_id: second.ids.checkoutRequestId, amount_cents: PRICE_CENTS },
        ])
        assert.deepEqual(claim('02:00:00:00:00:77'), paidWith(second.paymentId))
        assert.equal(assign({ packageId }), 'already-used')
        assert.equal(refund(), 'nothing-to-refund')
        assert.equal(second.paid(), 'no-change')
        isCountedOnce()
      })

      it('is counted once when the payer speaks before the query', () => {
        const { first, second, phoneNumber } = retried()
        tell(payerOf(phoneNumber))
        assert.deepEqual(claim(), paidWith(second.paymentId))
        assert.equal(second.state, 'PAID')
        assert.equal(second.queryPaid(), 'no-change')
        // M-PESA contradicts itself: the first prompt, too, is said to be paid, and only one payment has come.
        first.queryPaid()
        assert.equal(first.state, 'REVIEW')
        assert.deepEqual(first.reviews(), ['receipt-of-another-payment'])
        isCountedOnce()
        // Its own receipt settles it.
        assert.equal(first.paid(), 'paid')
        assert.equal(credits(), 2)
      })

      it('gets its number although the prompt before it was refused, with nobody claiming it', () => {
        for (const late of [false, true]) {
          const { second, phoneNumber } = retried({ late })
          second.queryPaid()
          assert.equal(tell(payerOf(phoneNumber)), 'known')
          assert.equal(second.receipts()[0]?.receipt, receipt)
          rooms.clock.step(HOUR_MS)
        }
        assert.deepEqual([credits(), float()], [2, 2 * PRICE_CENTS])
      })

      it('is counted once when the query speaks first', () => {
        const { second, phoneNumber } = retried()
        second.queryPaid()
        tell(payerOf(phoneNumber))
        assert.deepEqual(claim(), paidWith(second.paymentId))
        second.paid()
        second.paid()
        isCountedOnce()
      })
    })
  }

  const masked = (phone: string) => (payers['a masked number'] as (phone: string) => Payer)(phone)

  it('of two customers’ tills is each one’s own', () => {
    const one = openPurchase(rooms, { packageId, phoneNumber: '254712345111' }).prompted()
    const other = openPurchase(rooms, { packageId, phoneNumber: '254712345222' }).prompted()
    receipt = one.receipt
    tell(masked(one.asked.phoneNumber))
    other.queryPaid()
    assert.deepEqual(other.receipts()[0]?.receipt, null)
    one.queryPaid()
    assert.deepEqual(one.receipts()[0]?.receipt, one.receipt)
  })

  it('that an operator has sold a package for, or is giving back, is not credited by the query: a person looks', () => {
    for (const spend of [() => assign({ packageId }), refund]) {
      const purchase = openPurchase(rooms, { packageId }).prompted()
      receipt = purchase.receipt
      tell(masked(purchase.asked.phoneNumber))
      assert.match(spend(), /assigned|filed/)
      purchase.queryPaid()
      purchase.queryPaid()
      assert.equal(purchase.state, 'REVIEW')
      assert.deepEqual(purchase.reviews(), ['receipt-of-another-payment'])
      assert.notEqual(purchase.paid(), 'paid')
      assert.notEqual(purchase.queryPaid(), 'paid')
    }
  })

  it('does not hold up who buys again after a claim', () => {
    const phoneNumber = '254712345678'
    receipt = 'BYHAND0001'
    tell(masked(phoneNumber))
    claim()
    rooms.clock.step(MINUTE_MS)
    const purchase = openPurchase(rooms, { packageId, phoneNumber }).prompted()
    assert.equal(purchase.queryPaid(), 'paid')
    assert.equal(credits(), 2)
  })

  it('of nobody knows whom is sold, assigned and given back only when no purchase may have been paid with it', () => {
    const purchase = openPurchase(rooms, { packageId }).prompted()
    receipt = purchase.receipt
    tell(UNKNOWN_PAYER)
    purchase.queryPaid()
    assert.equal(claim('02:00:00:00:00:77').outcome, 'no-package')
    assert.equal(assign({ packageId }), 'already-used')
    assert.equal(refund(), 'nothing-to-refund')
    assert.equal(assign({ paymentId: purchase.paymentId }), 'assigned')
    assert.deepEqual(claim(), paidWith(purchase.paymentId))
    assert.equal(assign({ paymentId: purchase.paymentId }), 'already-used')
    isCountedOnce()
    receipt = 'ANOTHER001'
    tell(UNKNOWN_PAYER)
    assert.equal(assign({ paymentId: purchase.paymentId }), 'unknown-payment')
    assert.equal(assign({ packageId }), 'assigned')
  })

  it('of nobody knows whom belongs to the purchase of the device that claims it', () => {
    const purchase = openPurchase(rooms, { packageId }).prompted()
    receipt = purchase.receipt
    tell(UNKNOWN_PAYER)
    assert.deepEqual(claim(), paidWith(purchase.paymentId))
    assert.equal(purchase.queryPaid(), 'no-change')
    isCountedOnce()
  })

  it('renews no subscription while a prompt of that phone waits for just such money', async () => {
    const { phoneNumber } = openSubscriber(rooms, { package: { priceCents: PRICE_CENTS, type: 'hotspot' } })
    const first = openPurchase(rooms, { packageId, phoneNumber }).prompted()
    first.failed()
    rooms.clock.step(2 * MINUTE_MS)
    const second = openPurchase(rooms, { packageId, phoneNumber }).prompted()
    receipt = second.receipt
    tell({ ...UNKNOWN_PAYER, phone: phoneNumber })
    await runWaiting(rooms, 'place-money')
    second.queryPaid()
    isCountedOnce()
  })

  it('renews the subscription of who pays by hand after prompts that failed for good, and of nobody else', async () => {
    const subscriber = openSubscriber(rooms, { package: { priceCents: PRICE_CENTS, type: 'hotspot' } })
    const { phoneNumber } = subscriber
    const byHand = async (number: string) => {
      receipt = number
      tell({ ...UNKNOWN_PAYER, phone: phoneNumber })
      await runWaiting(rooms, 'place-money')
      await runWaiting(rooms, 'process-payment')
    }
    for (const fail of ['failed', 'refused'] as const) {
      const purchase = openPurchase(rooms, { packageId: subscriber.packageId, phoneNumber })
      purchase.send()
      if (fail === 'failed') purchase.accepted()
      purchase[fail]()
      rooms.clock.step(3 * MINUTE_MS)
    }
    assert.deepEqual(
      rooms.rows<{ state: string }>('SELECT state FROM payments ORDER BY created_at_ms').map(({ state }) => state),
      ['DECLINED', 'REJECTED'],
    )
    await byHand('BYHAND0001')
    assert.equal(subscriber.state, 'active')
    isCountedOnce()
  })

  it('by hand waits while a prompt of its payer is undecided, and renews the subscription once it is known to be none of its', async () => {
    const endings = {
      'refused late': (purchase: ReturnType<typeof openPurchase>) => purchase.failed(),
      'paid by itself': (purchase: ReturnType<typeof openPurchase>) => purchase.paid(),
      'given up': () => {
        rooms.clock.step(50 * HOUR_MS)
        rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() - 49 * HOUR_MS })
      },
    }
    for (const [index, [story, end]] of Object.entries(endings).entries()) {
      const customer = { phoneNumber: `25472200010${index}`, name: 'Amina' }
      const subscriber = openSubscriber(rooms, { customer, package: { priceCents: PRICE_CENTS, type: 'hotspot' } })
      const { phoneNumber, packageId } = subscriber
      // Two prompts, so that the money is not simply taken for the one that is open.
      const purchases = [1, 2].map(() => {
        const purchase = openPurchase(rooms, { packageId, phoneNumber }).prompted()
        rooms.run(missDeadline, { paymentId: purchase.paymentId })
        rooms.clock.step(3 * MINUTE_MS)
        return purchase
      })
      receipt = `BYHAND100${index}`
      tell({ ...UNKNOWN_PAYER, phone: phoneNumber })
      const place = async () => {
        await runWaiting(rooms, 'place-money')
        await runWaiting(rooms, 'process-payment')
        rooms.db.exec('DELETE FROM jobs')
      }
      await place()
      assert.equal(subscriber.state, 'disconnected', story)
      const [first, second] = purchases
      assert.ok(first && second)
      first.failed()
      await place()
      assert.equal(subscriber.state, 'disconnected', `${story}: the other is undecided still`)
      end(second)
      await place()
      assert.equal(rooms.value('SELECT payment_id IS NOT NULL FROM receipts WHERE receipt = ?', receipt), 1, story)
      assert.equal(subscriber.state, 'active', story)
    }
  })

  it('without a number takes one number, and no second', () => {
    const purchase = openPurchase(rooms, { packageId }).prompted()
    receipt = purchase.receipt
    tell(masked(purchase.asked.phoneNumber), { paidAtMs: rooms.clock.nowMs() + 20 * MINUTE_MS })
    purchase.queryPaid()
    purchase.paid()
    const later = openPurchase(rooms, { packageId, phoneNumber: purchase.asked.phoneNumber }).prompted()
    receipt = later.receipt
    assert.equal(tell(masked(later.asked.phoneNumber)), 'unallocated')
    assert.equal(later.paid(), 'paid')
    assert.throws(
      () =>
        rooms.db.prepare('UPDATE receipts SET duplicate_of = (SELECT id FROM receipts WHERE receipt IS NULL)').run(),
      /stands for itself|has its number/,
    )
  })
})
