import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { missDeadline } from '../../src/billing/payment-deadlines.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('M-PESA’s callback', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const prompted = () => openPurchase(rooms).prompted()

  it('credits the payment once, with its receipt, and orders its delivery', () => {
    const purchase = prompted()
    assert.equal(purchase.paid({ phoneNumber: '254700000009', paidAtMs: 5 }), 'paid')
    assert.equal(purchase.state, 'PAID')
    assert.equal(purchase.row.verifiedBy, 'stk_callback')
    assert.deepEqual(purchase.receipts(), [
      { receipt: purchase.receipt, checkout_request_id: purchase.ids.checkoutRequestId, amount_cents: PRICE_CENTS },
    ])
    assert.equal(purchase.completions().length, 1)
    assert.deepEqual(
      rooms.jobs('process-payment').map(({ payload }) => JSON.parse(payload)),
      [{ paymentId: purchase.paymentId }],
    )
  })

  it('that comes a second time grants nothing more, and is counted', () => {
    const purchase = prompted()
    purchase.paid()
    assert.equal(purchase.paid(), 'no-change')
    assert.equal(purchase.paid(), 'no-change')
    assert.equal(purchase.completions().length, 1)
    assert.equal(purchase.receipts().length, 1)
    assert.deepEqual(purchase.asideReceipts(), [])
    assert.deepEqual(rooms.rows('SELECT repeats, outcome FROM callback_inbox'), [{ repeats: 2, outcome: 'paid' }])
  })

  it('may come before the answer to the push, which then changes nothing', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    assert.equal(purchase.paid(), 'paid')
    purchase.accepted()
    assert.equal(purchase.state, 'PAID')
    assert.equal(rooms.facts('payment.prompted').length, 0)
  })

  for (const answer of ['refused', 'lost'] as const) {
    it(`counts although the answer to the push was ${answer} afterwards`, () => {
      const purchase = openPurchase(rooms)
      purchase.send()
      purchase.paid()
      purchase[answer]()
      assert.equal(purchase.state, 'PAID')
      assert.equal(purchase.row.failureCode, null)
      assert.equal(rooms.facts('payment.failed').length, 0)
      assert.equal(rooms.value('SELECT outcome FROM payment_attempts WHERE payment_id = ?', purchase.paymentId), 'paid')
    })
  }

  it('finds its attempt by the token alone when the answer to the push was lost', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    purchase.lost()
    assert.equal(purchase.state, 'UNCERTAIN')
    assert.equal(purchase.paid(), 'paid')
    assert.equal(purchase.state, 'PAID')
  })

  for (const before of ['declined', 'expired', 'rejected'] as const) {
    it(`of success still counts on a payment that was ${before}`, () => {
      const purchase = openPurchase(rooms)
      purchase.send()
      if (before === 'rejected') purchase.refused()
      else purchase.accepted()
      if (before === 'declined') purchase.failed()
      if (before === 'expired') rooms.run(missDeadline, { paymentId: purchase.paymentId })
      assert.equal(purchase.state, before.toUpperCase())
      assert.equal(purchase.paid(), 'paid')
      assert.equal(purchase.row.failureCode, null)
      assert.equal(purchase.completions().length, 1)
    })
  }

  it('of failure after success undoes nothing', () => {
    const purchase = prompted()
    purchase.paid()
    assert.equal(purchase.failed(), 'no-change')
    assert.equal(purchase.state, 'PAID')
    assert.equal(purchase.queryFailed(), 'no-change')
    assert.equal(purchase.state, 'PAID')
    assert.equal(rooms.facts('payment.failed').length, 0)
  })

  it('of failure says why, once', () => {
    const purchase = prompted()
    assert.equal(purchase.failed('wrong-pin', '2001'), 'failed')
    assert.equal(purchase.failed('wrong-pin', '2001'), 'no-change')
    assert.equal(purchase.state, 'DECLINED')
    assert.equal(purchase.row.failureCode, 'wrong-pin')
    assert.equal(rooms.facts('payment.failed').length, 1)
  })

  it('on a token that we never gave out stores nothing', () => {
    const purchase = prompted()
    const before = rooms.snapshot()
    const evidence = purchase.paidEvidence()
    assert.equal(purchase.callback(evidence, { token: 'x'.repeat(32) }), 'unknown-token')
    assert.equal(purchase.callback(evidence, { token: '' }), 'unknown-token')
    assert.equal(purchase.callback(evidence, { token: purchase.token }), 'unknown-token')
    assert.deepEqual(rooms.snapshot(), before)
    assert.deepEqual(rooms.rows('SELECT * FROM callback_inbox'), [])
  })

  it('keeps its token only as a hash', () => {
    const purchase = prompted()
    const file =
      JSON.stringify(rooms.rows('SELECT * FROM payment_attempts')) + JSON.stringify(rooms.rows('SELECT * FROM jobs'))
    assert.ok(purchase.attempt.callbackToken.length >= 32)
    assert.ok(!file.includes(purchase.attempt.callbackToken))
  })

  for (const amountCents of [PRICE_CENTS - 100, PRICE_CENTS + 100, 1, PRICE_CENTS + 1]) {
    it(`of ${amountCents} cents for ${PRICE_CENTS} credits nothing and loses nothing`, () => {
      const purchase = prompted()
      assert.equal(purchase.paid({ amountCents }), 'review')
      assert.equal(purchase.state, 'REVIEW')
      assert.deepEqual(purchase.completions(), [])
      assert.deepEqual(purchase.asideReceipts(), [{ receipt: purchase.receipt, amount_cents: amountCents }])
      assert.deepEqual(purchase.reviews(), ['wrong-amount'])
    })
  }

  it('that names two amounts for one receipt stays for a person, whatever M-PESA says when asked', () => {
    const purchase = prompted()
    purchase.paid({ amountCents: 100 })
    assert.equal(purchase.paid(), 'no-change')
    assert.equal(purchase.queryPaid(), 'no-change')
    assert.equal(purchase.state, 'REVIEW')
    assert.deepEqual(purchase.completions(), [])
  })

  it('with another receipt and the right amount is money, also after a wrong amount', () => {
    const purchase = prompted()
    purchase.paid({ amountCents: 100, receipt: 'SMALL00001' })
    assert.equal(purchase.paid(), 'paid')
    assert.deepEqual(purchase.asideReceipts(), [{ receipt: 'SMALL00001', amount_cents: 100 }])
  })

  it('without a receipt is not believed until M-PESA is asked, which happens at once', () => {
    const purchase = prompted()
    assert.equal(purchase.paid({ receipt: undefined }), 'review')
    assert.deepEqual(purchase.completions(), [])
    const [look] = rooms.jobs('reconcile-payments')
    assert.ok(look && look.run_at_ms <= rooms.clock.nowMs(), 'the next look is due now')
    assert.equal(purchase.queryPaid(), 'paid')
    assert.equal(purchase.state, 'PAID')
    assert.equal(purchase.row.verifiedBy, 'stk_query')
    assert.deepEqual(purchase.receipts(), [
      { receipt: null, checkout_request_id: purchase.ids.checkoutRequestId, amount_cents: PRICE_CENTS },
    ])
  })

  it('without an amount binds its receipt once M-PESA says that the prompt was paid', () => {
    const purchase = prompted()
    assert.equal(purchase.paid({ amountCents: undefined }), 'review')
    assert.deepEqual(purchase.reviews(), ['no-amount'])
    assert.equal(purchase.queryPaid(), 'paid')
    assert.deepEqual(
      purchase.receipts().map(({ receipt }) => receipt),
      [purchase.receipt],
    )
    assert.deepEqual(purchase.asideReceipts(), [])
    assert.equal(purchase.paid(), 'no-change')
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 1)
  })

  it('without receipt and amount, then whole, is paid by the whole one', () => {
    const purchase = prompted()
    purchase.paid({ receipt: undefined, amountCents: undefined })
    assert.equal(purchase.paid(), 'paid')
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 1)
  })

  it('without an amount but two receipts in turn: neither is lost', () => {
    const purchase = prompted()
    purchase.paid({ amountCents: undefined, receipt: 'FIRST00001' })
    assert.equal(purchase.paid({ receipt: 'SECOND0001' }), 'paid')
    assert.deepEqual(
      purchase.receipts().map(({ receipt }) => receipt),
      ['SECOND0001'],
    )
    assert.deepEqual(
      purchase.asideReceipts().map(({ receipt }) => receipt),
      ['FIRST00001'],
    )
  })

  it('brings the receipt number that the query did not have', () => {
    const purchase = prompted()
    assert.equal(purchase.queryPaid(), 'paid')
    assert.equal(purchase.paid(), 'no-change')
    assert.deepEqual(
      purchase.receipts().map(({ receipt }) => receipt),
      [purchase.receipt],
    )
    assert.equal(purchase.completions().length, 1)
    assert.deepEqual(purchase.reviews(), [])
  })

  it('brings the receipt number also without an amount, when the query has spoken', () => {
    const purchase = prompted()
    purchase.queryPaid()
    assert.equal(purchase.paid({ amountCents: undefined }), 'no-change')
    assert.deepEqual(
      purchase.receipts().map(({ receipt }) => receipt),
      [purchase.receipt],
    )
  })

  it('with a second receipt is a second payment: kept aside, and somebody is told', () => {
    const purchase = prompted()
    purchase.paid()
    assert.equal(purchase.paid({ receipt: 'SECOND0001' }), 'no-change')
    purchase.paid({ receipt: 'SECOND0001' })
    assert.deepEqual(purchase.asideReceipts(), [{ receipt: 'SECOND0001', amount_cents: PRICE_CENTS }])
    assert.deepEqual(purchase.reviews(), ['second-payment'])
    assert.equal(purchase.completions().length, 1)
  })

  it('of another amount on a purchase that only the query had called paid is what is booked, and somebody is told', () => {
    const purchase = prompted()
    purchase.queryPaid()
    assert.equal(purchase.paid({ amountCents: 100 }), 'no-change')
    assert.equal(purchase.state, 'PAID')
    const { checkoutRequestId: checkout_request_id } = purchase.ids
    assert.deepEqual(purchase.receipts(), [{ receipt: purchase.receipt, checkout_request_id, amount_cents: 100 }])
    assert.deepEqual(purchase.asideReceipts(), [])
    assert.deepEqual(purchase.reviews(), ['wrong-amount'])
  })

  it('of another amount on a paid purchase is kept, and somebody is told', () => {
    const purchase = prompted()
    purchase.paid()
    assert.equal(purchase.paid({ receipt: 'SECOND0001', amountCents: 100 }), 'no-change')
    assert.deepEqual(purchase.asideReceipts(), [{ receipt: 'SECOND0001', amount_cents: 100 }])
    assert.deepEqual(purchase.reviews(), ['wrong-amount'])
  })

  it('with a receipt that has paid another purchase pays nothing', () => {
    const first = prompted()
    first.paid()
    const second = prompted()
    assert.equal(second.paid({ receipt: first.receipt }), 'review')
    assert.deepEqual(second.completions(), [])
    assert.deepEqual(second.reviews(), ['receipt-of-another-payment'])
    assert.equal(first.state, 'PAID')
  })

  it('with other ids than the prompt’s is not believed', () => {
    const purchase = prompted()
    assert.equal(purchase.paid({ checkoutRequestId: 'ws_CO_other' }), 'review')
    const again = prompted()
    assert.equal(again.paid({ merchantRequestId: 'm-other' }), 'review')
    assert.deepEqual(again.reviews(), ['other-ids'])
    assert.equal(again.queryPaid(), 'paid')
    assert.equal(again.failed(), 'no-change')
  })

  it('with other ids does not decline anything', () => {
    const purchase = prompted()
    const other = { ...purchase.ids, checkoutRequestId: 'ws_CO_other' }
    assert.equal(
      purchase.callback({ kind: 'failed', ...other, resultCode: '1032', failureCode: 'cancelled' }),
      'no-change',
    )
    assert.equal(purchase.state, 'PROMPTED')
  })

  it('that names the ids of another purchase’s prompt is kept, not lost in an error', () => {
    const first = prompted()
    const second = openPurchase(rooms)
    second.send()
    assert.equal(second.paid({ ...first.ids }), 'review')
    assert.deepEqual(second.reviews(), ['other-ids'])
    assert.equal(rooms.value('SELECT count(*) FROM callback_inbox'), 1)
    second.accepted()
    assert.equal(second.queryPaid(), 'paid')
    assert.equal(first.state, 'PROMPTED')
  })

  it('that nobody can read changes nothing, and is kept as it came', () => {
    const purchase = prompted()
    const before = purchase.row
    assert.equal(purchase.callback({ kind: 'malformed', reason: 'not JSON' }, { body: '<html>' }), 'malformed')
    assert.deepEqual(purchase.row, before)
    assert.deepEqual(rooms.rows('SELECT body, outcome, source_address FROM callback_inbox'), [
      { body: '<html>', outcome: 'malformed', source_address: '196.201.212.69' },
    ])
    assert.equal(purchase.paid(), 'paid')
  })

  it('from a phone that is not the one that was typed is money all the same', () => {
    const purchase = prompted()
    assert.equal(purchase.paid({ phoneNumber: '254799999999' }), 'paid')
  })
})

describe('M-PESA’s answer to a question', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  it('that it was paid credits once, however often it is asked', () => {
    const purchase = openPurchase(rooms).prompted()
    assert.equal(purchase.queryPaid(), 'paid')
    assert.equal(purchase.queryPaid(), 'no-change')
    assert.equal(purchase.completions().length, 1)
    assert.equal(purchase.row.verifiedBy, 'stk_query')
  })

  it('after the callback changes nothing', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    assert.equal(purchase.queryPaid(), 'no-change')
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 1)
  })

  it('about an attempt of which no id is known is believed by nobody', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    purchase.lost()
    assert.equal(purchase.queryPaid(), 'no-change')
    assert.equal(purchase.state, 'UNCERTAIN')
    assert.equal(openPurchase(rooms).queryPaid(), 'no-change')
  })

  it('that it failed is no end: money still counts', () => {
    const purchase = openPurchase(rooms).prompted()
    assert.equal(purchase.queryFailed(), 'failed')
    assert.equal(purchase.state, 'DECLINED')
    assert.equal(purchase.queryPaid(), 'paid')
  })
})

describe('the customer’s window', () => {
  it('ends without deciding anything, and tells the page', () => {
    const rooms = openRooms()
    const purchase = openPurchase(rooms).prompted()
    rooms.run(missDeadline, { paymentId: purchase.paymentId })
    rooms.run(missDeadline, { paymentId: purchase.paymentId })
    assert.equal(purchase.state, 'EXPIRED')
    assert.equal(purchase.row.failureCode, 'unknown')
    assert.deepEqual(
      rooms.facts('payment.failed').map(({ data }) => 'state' in data && data.state),
      ['EXPIRED'],
    )
    purchase.paid()
    rooms.run(missDeadline, { paymentId: purchase.paymentId })
    assert.equal(purchase.state, 'PAID')
    rooms.close()
  })
})
