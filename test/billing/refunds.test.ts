import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants, revokeGrant } from '../../src/access/end-grant.ts'
import { storyOfGrant } from '../../src/access/grant-story.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { businessDayOf } from '../../src/billing/business-day.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { bookStatement } from '../../src/billing/float.ts'
import { voucherBoughtWith } from '../../src/billing/payment-purpose.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { decideOnRefund, type RefundResult, recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { approvePayment, rejectPayment } from '../../src/billing/review.ts'
import { redeemVoucher, revokeVouchers } from '../../src/billing/vouchers.ts'
import { claimReceipt } from '../../src/billing/walk-in.ts'
import { MAC, openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('money that goes back', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  function delivered() {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    const grant = () => grantOf(rooms.db, 'payment', purchase.paymentId)
    return { ...purchase, paymentId: purchase.paymentId, purchase, grant }
  }
  const ask = (
    paymentId: string | null,
    change: { approvalAboveCents?: number; receipt?: string; by?: string; isOperator?: boolean } = {},
  ) =>
    rooms.run(requestRefund, {
      paymentId,
      receipt: null,
      reason: 'no internet',
      by: 'asha',
      isOperator: true,
      approvalAboveCents: 0,
      ...change,
    })
  const small = { approvalAboveCents: PRICE_CENTS }
  const idOf = (outcome: ReturnType<typeof ask>) => ('refundId' in outcome ? outcome.refundId : outcome.outcome)
  const decide = (refundId: string, by: string, approve = true) =>
    rooms.run(decideOnRefund, { refundId, by, approve, isOperator: true })
  const result = (refundId: string, said: RefundResult['result'], reference: string | null = null) =>
    rooms.run(recordRefundResult, { refundId, result: said, method: 'manual', reference, by: 'asha' })
  const lastTold = (paymentId: string) =>
    rooms.value('SELECT detail FROM payment_history WHERE payment_id = ? ORDER BY id DESC LIMIT 1', paymentId)

  it('above the limit waits for another person, and nothing ends before', () => {
    const { purchase, grant } = delivered()
    const outcome = ask(purchase.paymentId)
    assert.equal(outcome.outcome, 'waits-for-approval')
    assert.equal(purchase.state, 'PAID')
    assert.equal(decide(idOf(outcome), 'asha'), 'same-person')
    assert.equal(grant()?.endedAtMs, null)
    assert.equal(decide(idOf(outcome), 'juma'), 'filed')
    assert.equal(purchase.state, 'REFUND_PENDING')
    assert.equal(grant()?.endReason, 'revoked')
    assert.equal(decide(idOf(outcome), 'juma'), 'not-waiting')
    assert.equal(result(idOf(outcome), 'done', 'REVERSAL01'), 'recorded')
    assert.equal(purchase.state, 'REFUNDED')
    assert.equal(rooms.facts('payment.refunded').length, 1)
  })

  it('above the limit moves on the word of two operators: who stands behind a token or the command line, nobody knows', () => {
    const { purchase } = delivered()
    const program = { by: 'token asha’s script', isOperator: false }
    assert.equal(ask(purchase.paymentId, program).outcome, 'needs-operator')
    assert.equal(rooms.value('SELECT count(*) FROM refunds'), 0)
    const refundId = idOf(ask(purchase.paymentId))
    for (const approve of [true, false])
      assert.equal(rooms.run(decideOnRefund, { refundId, approve, ...program }), 'needs-operator')
    assert.equal(purchase.state, 'PAID')
    assert.equal(decide(refundId, 'juma'), 'filed')
    assert.equal(ask(delivered().paymentId, { ...program, ...small }).outcome, 'filed')
  })

  it('that the second person refuses leaves everything as it was, and may be asked for again', () => {
    const { purchase, grant } = delivered()
    assert.equal(decide(idOf(ask(purchase.paymentId)), 'juma', false), 'refused')
    assert.equal(purchase.state, 'PAID')
    assert.equal(grant()?.endedAtMs, null)
    assert.equal(ask(purchase.paymentId).outcome, 'waits-for-approval')
  })

  it('below the limit is filed at once, and only once', () => {
    const { purchase, grant } = delivered()
    assert.equal(ask(purchase.paymentId, small).outcome, 'filed')
    assert.equal(ask(purchase.paymentId, small).outcome, 'already-refunding')
    assert.equal(purchase.state, 'REFUND_PENDING')
    assert.equal(grant()?.endReason, 'revoked')
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('whose outcome nobody knows is looked up before it is tried again', () => {
    const { purchase } = delivered()
    const refundId = idOf(ask(purchase.paymentId, small))
    result(refundId, 'lost')
    assert.equal(purchase.state, 'REFUND_UNCERTAIN')
    result(refundId, 'not-done')
    assert.equal(purchase.state, 'REFUND_PENDING')
    result(refundId, 'done')
    assert.equal(result(refundId, 'done'), 'not-filed')
    assert.equal(purchase.state, 'REFUNDED')
  })

  it('which nobody called lost is not answered with not-done: it is to be done, and no word of that stays', () => {
    const { purchase } = delivered()
    const refundId = idOf(ask(purchase.paymentId, small))
    const before = rooms.snapshot()
    assert.equal(result(refundId, 'not-done', 'BACK000001'), 'not-lost')
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(result(refundId, 'done'), 'recorded')
  })

  it('gets M-PESA’s number also when that is told later: by who did it, or by the statement that names its money', () => {
    const told = () =>
      rooms.rows<{ state: string; reference: string | null }>(
        'SELECT state, reference FROM refunds ORDER BY requested_at_ms, id',
      )
    const gone = () => {
      const { purchase } = delivered()
      const refundId = idOf(ask(purchase.paymentId, small))
      result(refundId, 'done')
      rooms.clock.step(1)
      return { purchase, refundId }
    }
    const first = gone()
    assert.equal(result(first.refundId, 'done', 'BACK000001'), 'recorded')
    assert.equal(result(first.refundId, 'done', 'BACK000009'), 'not-filed')
    assert.equal(result(first.refundId, 'failed', 'BACK000009'), 'not-filed')
    const second = gone()
    const out = (amountCents: number) => ({
      ...{ receipt: 'BACK000002', kind: 'other' as const, amountCents },
      ...{ aboutReceipt: second.purchase.receipt, atMs: rooms.clock.nowMs() },
    })
    for (const cents of [PRICE_CENTS - 100, PRICE_CENTS]) {
      rooms.run(bookStatement, { out: [out(cents)], balance: undefined })
      assert.equal(told()[1]?.reference, cents === PRICE_CENTS ? 'BACK000002' : null)
    }
    rooms.run(bookStatement, { out: [out(PRICE_CENTS)], balance: undefined })
    assert.deepEqual(told(), [
      { state: 'done', reference: 'BACK000001' },
      { state: 'done', reference: 'BACK000002' },
    ])
    assert.equal(second.purchase.state, 'REFUNDED')
    assert.equal(
      rooms.value("SELECT -sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float' AND amount_cents < 0"),
      2 * PRICE_CENTS,
    )
  })

  it('that cannot be given back comes to a person, who gives the access again', () => {
    const { purchase, grant } = delivered()
    const refundId = idOf(ask(purchase.paymentId, small))
    rooms.clock.step(60_000)
    result(refundId, 'failed')
    assert.equal(purchase.state, 'REVIEW')
    assert.deepEqual(purchase.reviews(), ['refund-failed'])
    assert.equal(purchase.paid(), 'no-change')
    const verdict = { paymentId: purchase.paymentId, reason: 'reversal refused', by: 'asha' }
    assert.equal(rooms.run(rejectPayment, verdict), 'has-money')
    assert.equal(rooms.run(approvePayment, { ...verdict, receipt: null }), 'approved')
    assert.equal(purchase.state, 'FULFILLED')
    const again = grant()
    assert.ok(again && remainingOf(again, rooms.clock.nowMs()).seconds === 3600)
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    const startMs = again.startsAtMs
    assert.deepEqual(
      storyOfGrant(rooms.db, again.id).map(({ atMs, what, seconds }) => [atMs - startMs, what, seconds]),
      [
        [0, 'given', 3600],
        [0, 'withdrawn', 3600],
        [60_000, 'returned', 3600],
      ],
    )
  })

  it('and is dropped leaves one sale in the report of the day', () => {
    const { purchase } = delivered()
    const { paymentId } = purchase
    rooms.run(notePaymentDelivered, { paymentId, by: 'online' })
    const sales = () => dayReport(rooms.db, businessDayOf(rooms.clock.nowMs())).salesByPackage
    const once = sales()
    assert.deepEqual(
      once.map(({ count, cents }) => [count, cents]),
      [[1, PRICE_CENTS]],
    )
    for (const reason of ['asked again', 'and again']) {
      result(idOf(ask(paymentId, small)), 'failed')
      rooms.run(approvePayment, { paymentId, reason, by: 'asha', receipt: null })
    }
    assert.equal(purchase.state, 'FULFILLED')
    assert.deepEqual(sales(), once)
  })

  describe('for a voucher that was bought for somebody else', () => {
    function bought() {
      const purchase = openPurchase(rooms, { purpose: { voucherPhoneNumber: '254733123456' } }).prompted()
      purchase.paid()
      const as = { kind: 'voucher', phoneNumber: '254733123456' } as const
      rooms.run(deliverPayment, { paymentId: purchase.paymentId, as })
      const code = voucherBoughtWith(rooms.db, purchase.paymentId)?.code ?? ''
      const redeem = () => rooms.run(redeemVoucher, { code, macAddress: MAC }).outcome
      const approve = () =>
        rooms.run(approvePayment, { paymentId: purchase.paymentId, reason: 'refused', by: 'asha', receipt: null })
      return { purchase, code, redeem, approve }
    }

    it('the code opens nothing any more, until the money turns out to stay', () => {
      const { purchase, redeem, approve } = bought()
      const refundId = idOf(ask(purchase.paymentId, small))
      assert.equal(redeem(), 'revoked')
      result(refundId, 'failed')
      approve()
      assert.equal(purchase.state, 'FULFILLED')
      assert.equal(redeem(), 'redeemed')
    })

    it('what it has opened ends, until the money turns out to stay', () => {
      const { purchase, redeem, approve } = bought()
      assert.equal(redeem(), 'redeemed')
      const refundId = idOf(ask(purchase.paymentId, small))
      assert.equal(rooms.value('SELECT end_reason FROM grants'), 'revoked')
      result(refundId, 'failed')
      approve()
      assert.equal(rooms.value('SELECT ended_at_ms FROM grants'), null)
    })

    for (const isUsed of [false, true])
      for (const when of ['before', 'after'] as const)
        for (const isBatch of isUsed ? [false] : [false, true])
          it(`${isUsed ? 'what it has opened' : `the ${isBatch ? 'batch' : 'code'}`} that the staff revoked ${when} stays so, though the money stays`, () => {
            const { purchase, code, redeem, approve } = bought()
            if (isUsed) redeem()
            const asked = isBatch ? { batchId: String(rooms.value('SELECT batch_id FROM vouchers')) } : { code }
            if (when === 'before') rooms.run(revokeVouchers, asked)
            result(idOf(ask(purchase.paymentId, small)), 'failed')
            if (when === 'after') rooms.run(revokeVouchers, asked)
            rooms.db.prepare('DELETE FROM jobs').run()
            approve()
            assert.equal(purchase.state, 'FULFILLED')
            assert.equal(lastTold(purchase.paymentId), 'what it gave stays revoked: the staff did that by hand')
            assert.equal(rooms.jobs('send-voucher-sms').length, 0)
            if (isUsed) assert.equal(rooms.value('SELECT end_reason FROM grants'), 'revoked')
            else assert.equal(redeem(), 'revoked')
          })
  })

  it('that was dropped tells whether the customer has what it gave, or the staff has revoked it', () => {
    for (const [isRevoked, told] of [
      [false, 'the customer has access'],
      [true, 'what it gave stays revoked: the staff did that by hand'],
    ] as const) {
      const { purchase, grant } = delivered()
      result(idOf(ask(purchase.paymentId, small)), 'failed')
      if (isRevoked) rooms.run(revokeGrant, { grantId: grant()?.id ?? '' })
      rooms.run(approvePayment, { paymentId: purchase.paymentId, reason: 'refused', by: 'asha', receipt: null })
      assert.equal(lastTold(purchase.paymentId), told)
      assert.equal(grant()?.endReason, isRevoked ? 'revoked' : null)
      rooms.clock.step(2 * HOUR_MS)
    }
  })

  it('that was dropped after its time was over is delivered, as it was before', () => {
    const { purchase, grant } = delivered()
    rooms.clock.step(2 * HOUR_MS)
    rooms.run(endOverdueGrants, {})
    assert.equal(grant()?.endReason, 'time-used')
    result(idOf(ask(purchase.paymentId, small)), 'failed')
    rooms.run(approvePayment, { paymentId: purchase.paymentId, reason: 'refused', by: 'asha', receipt: null })
    assert.equal(purchase.state, 'FULFILLED')
  })

  it('that was dropped before anything was given is delivered then', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    rooms.db.prepare("DELETE FROM jobs WHERE name = 'process-payment'").run()
    result(idOf(ask(purchase.paymentId, small)), 'failed')
    rooms.run(approvePayment, { paymentId: purchase.paymentId, reason: 'refused', by: 'asha', receipt: null })
    assert.equal(purchase.state, 'PAID')
    assert.equal(rooms.jobs('process-payment').length, 1)
  })

  it('is never what was not paid', () => {
    const purchase = openPurchase(rooms).prompted()
    assert.equal(ask(purchase.paymentId).outcome, 'nothing-to-refund')
    assert.equal(ask('nobody').outcome, 'unknown')
  })

  it('may be nobody’s purchase; then it buys nothing any more', () => {
    rooms.addPackage()
    const money = { kind: 'money', receipt: 'WALKIN0001', amountCents: PRICE_CENTS, billReference: null } as const
    const report = { ...money, payer: UNKNOWN_PAYER, paidAtMs: null }
    rooms.run(receiveMoney, { channel: 'c2b', report, body: '{}', source: '' })
    const outcome = ask(null, { ...small, receipt: 'WALKIN0001' })
    assert.equal(outcome.outcome, 'filed')
    assert.equal(
      rooms.run(claimReceipt, { receipt: 'WALKIN0001', macAddress: MAC, timeZone: 'Africa/Nairobi' }).outcome,
      'no-package',
    )
    assert.throws(
      () => rooms.db.prepare("UPDATE receipts SET payment_id = 'p' WHERE receipt = 'WALKIN0001'").run(),
      /exactly its price|given back/,
    )
    assert.equal(result(idOf(outcome), 'done'), 'recorded')
  })

  it('may be the second of two payments; the purchase stands', () => {
    const { purchase, grant } = delivered()
    purchase.paid({ receipt: 'SECOND0001' })
    const outcome = ask(purchase.paymentId, { ...small, receipt: 'SECOND0001' })
    assert.equal(outcome.outcome, 'filed')
    result(idOf(outcome), 'done')
    assert.equal(purchase.state, 'PAID')
    assert.equal(grant()?.endedAtMs, null)
  })

  describe('or stays, where a person decides', () => {
    const verdict = (paymentId: string) => ({ paymentId, reason: 'seen in the portal', by: 'asha' })

    it('a purchase that was paid with another amount is given by name and reason', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid({ amountCents: PRICE_CENTS + 100 })
      assert.equal(rooms.run(rejectPayment, verdict(purchase.paymentId)), 'has-money')
      assert.equal(rooms.run(approvePayment, { ...verdict(purchase.paymentId), receipt: null }), 'approved')
      assert.equal(purchase.state, 'PAID')
      assert.deepEqual(
        purchase.receipts().map(({ amount_cents }) => amount_cents),
        [PRICE_CENTS + 100],
      )
      assert.equal(rooms.value('SELECT by_whom FROM payment_verdicts'), 'asha')
      assert.equal(purchase.completions().length, 1)
    })

    it('one without a receipt needs the number that the operator has seen', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid({ receipt: undefined })
      const asked = verdict(purchase.paymentId)
      assert.equal(rooms.run(approvePayment, { ...asked, receipt: null }), 'which-receipt')
      assert.equal(rooms.run(approvePayment, { ...asked, receipt: 'SEEN000001' }), 'approved')
      const other = openPurchase(rooms).prompted()
      other.paid({ receipt: undefined })
      const again = rooms.run(approvePayment, { ...verdict(other.paymentId), receipt: 'SEEN000001' })
      assert.equal(again, 'receipt-used')
    })

    it('one that nobody paid is closed, and still opens when money comes', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid({ receipt: undefined })
      assert.equal(rooms.run(rejectPayment, verdict(purchase.paymentId)), 'rejected')
      assert.equal(purchase.state, 'CLOSED_UNPAID')
      assert.equal(rooms.run(rejectPayment, verdict(purchase.paymentId)), 'not-in-review')
      assert.equal(purchase.paid(), 'paid')
    })

    it('money that was set aside goes back alone once other money has paid', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid({ amountCents: 500 })
      const refundId = idOf(ask(purchase.paymentId))
      assert.equal(rooms.run(approvePayment, { ...verdict(purchase.paymentId), receipt: 'SEEN000002' }), 'approved')
      rooms.run(deliverPayment, { paymentId: purchase.paymentId })
      assert.equal(decide(refundId, 'juma'), 'filed')
      assert.equal(purchase.state, 'PAID')
      assert.equal(grantOf(rooms.db, 'payment', purchase.paymentId)?.endedAtMs, null)
      result(refundId, 'done')
      assert.equal(purchase.state, 'PAID')
      assert.equal(rooms.facts('payment.refunded').length, 0)
    })

    it('money in review goes back only on two people’s word', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid({ amountCents: 500 })
      const outcome = ask(purchase.paymentId, { approvalAboveCents: 1_000_000 })
      assert.equal(outcome.outcome, 'waits-for-approval')
      assert.equal(decide(idOf(outcome), 'juma'), 'filed')
      assert.equal(purchase.state, 'REFUND_PENDING')
      result(idOf(outcome), 'done')
      assert.equal(purchase.state, 'REFUNDED')
    })
  })

  it('is refused by the file itself on one person’s word, twice, or after its end', () => {
    const { purchase } = delivered()
    const refundId = idOf(ask(purchase.paymentId))
    const refused = (query: string, message: RegExp) =>
      assert.throws(() => rooms.db.prepare(query).run(), message, query)
    for (const state of ['sent', 'uncertain', 'done', 'failed']) {
      refused(`UPDATE refunds SET state = '${state}'`, /needs a second person/)
      refused(
        `INSERT INTO refunds SELECT 'x', receipt_id, payment_id, amount_cents, '${state}', 1, reason, requested_by, 1, NULL, NULL, NULL, NULL, NULL, NULL FROM refunds`,
        /waits for a second person/,
      )
    }
    refused('UPDATE refunds SET needs_approval = 0', /needs a second person/)
    refused("UPDATE refunds SET requested_by = 'nobody'", /needs a second person/)
    refused("UPDATE refunds SET decided_by = 'asha', state = 'sent'", /CHECK/)
    refused('UPDATE refunds SET amount_cents = 1', /never changes/)
    refused(
      `INSERT INTO refunds SELECT 'x', receipt_id, payment_id, amount_cents, 'requested', 1, reason, requested_by, 1, NULL, NULL, NULL, NULL, NULL, NULL FROM refunds`,
      /UNIQUE/,
    )
    decide(refundId, 'juma')
    result(refundId, 'done')
    refused("UPDATE refunds SET state = 'sent'", /never changes/)
    refused("UPDATE refunds SET detail = 'x'", /never changes/)
    rooms.db.exec("UPDATE refunds SET reference = 'BACK000001'")
    refused("UPDATE refunds SET reference = 'BACK000002'", /never changes/)
    refused('DELETE FROM refunds', /never deleted/)
  })
})
