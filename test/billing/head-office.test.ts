import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { receiveVoucherBan } from '../../src/billing/banned-vouchers.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { refundById } from '../../src/billing/refund-table.ts'
import { recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { receiveRefundResult } from '../../src/billing/relayed-refund.ts'
import { redeemSignedVoucher } from '../../src/billing/vouchers.ts'
import { readRefundResult, readVoucherBan } from '../../src/cloud/head-office.ts'
import { plansOf } from '../flow/query-plans.ts'
import { MAC, openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

let rooms: Rooms
beforeEach(() => {
  rooms = openRooms()
})
afterEach(() => rooms.close())

const exceptions = () =>
  dayReport(rooms.db, new Date(rooms.clock.nowMs() + 3 * 3_600_000).toISOString().slice(0, 10)).exceptions.map(
    ({ kind, subject }) => `${kind} ${subject}`,
  )

describe('what head office says of a refund', () => {
  function filed() {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    const asked = { paymentId: purchase.paymentId, receipt: null, reason: 'no internet', by: 'asha' }
    const outcome = rooms.run(requestRefund, { ...asked, approvalAboveCents: PRICE_CENTS })
    assert.ok(outcome.outcome === 'filed')
    return { purchase, refundId: outcome.refundId }
  }
  const hear = (messageId: string, refundId: string, said: object) => {
    const body = JSON.stringify(said)
    return rooms.run(receiveRefundResult, { messageId, refundId, body, told: readRefundResult(body) })
  }

  const kept = () => rooms.rows('SELECT outcome, repeats FROM cloud_inbox')

  it('is asked for with all that it takes to do it', () => {
    const { purchase, refundId } = filed()
    assert.deepEqual(
      rooms.facts('payment.refund_filed').map(({ data }) => data),
      [
        {
          paymentId: purchase.paymentId,
          refundId,
          amountCents: PRICE_CENTS,
          receipt: purchase.receipt,
          reason: 'no internet',
          requestedBy: 'asha',
          approvedBy: null,
        },
      ],
    )
  })

  it('closes it, with M-PESA’s number, as when an operator says so', () => {
    const { purchase, refundId } = filed()
    assert.equal(hear('m-1', refundId, { result: 'done', reference: 'SKL1X' }), 'recorded')
    assert.equal(purchase.state, 'REFUNDED')
    assert.equal(refundById(rooms.db, refundId)?.reference, 'SKL1X')
    assert.equal(rooms.value('SELECT method FROM refunds'), 'reversal')
    assert.equal(rooms.value("SELECT by_whom FROM payment_history WHERE to_state = 'REFUNDED'"), 'cloud')
    assert.equal(rooms.value("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float'"), 0)
  })

  it('that it failed comes to a person, with the reason', () => {
    const { purchase, refundId } = filed()
    assert.equal(hear('m-1', refundId, { result: 'failed', reason: 'insufficient funds' }), 'recorded')
    assert.equal(purchase.state, 'REVIEW')
    assert.equal(refundById(rooms.db, refundId)?.detail, 'insufficient funds')
    assert.equal(rooms.value("SELECT detail FROM payment_history WHERE to_state = 'REVIEW'"), 'insufficient funds')
  })

  it('counts once, also when it comes again after the next word', () => {
    const { purchase, refundId } = filed()
    assert.equal(hear('m-1', refundId, { result: 'lost' }), 'recorded')
    assert.equal(hear('m-2', refundId, { result: 'not-done' }), 'recorded')
    assert.equal(hear('m-1', refundId, { result: 'lost' }), 'repeat')
    assert.equal(purchase.state, 'REFUND_PENDING')
    assert.equal(rooms.value("SELECT repeats FROM cloud_inbox WHERE message_id = 'm-1'"), 1)
  })

  it('of what was told here already is no news', () => {
    const { refundId } = filed()
    assert.equal(hear('m-0', refundId, { result: 'not-done' }), 'known', 'it is to be done')
    const told = { refundId, method: 'manual', reference: 'SKL1X', by: 'asha' } as const
    rooms.run(recordRefundResult, { ...told, result: 'done' })
    const before = rooms.snapshot()
    assert.equal(hear('m-1', refundId, { result: 'done' }), 'known')
    assert.equal(hear('m-2', refundId, { result: 'lost' }), 'known')
    assert.deepEqual(rooms.snapshot(), before)
    assert.deepEqual(exceptions(), [])
  })

  it('that contradicts, or is about none of ours, is kept, changes nothing and stands in the day’s report', () => {
    const { purchase, refundId } = filed()
    hear('m-1', refundId, { result: 'failed', reason: 'refused' })
    const before = rooms.snapshot()
    assert.equal(hear('m-2', refundId, { result: 'done', reference: 'SKL1X' }), 'contradicts')
    assert.equal(hear('m-3', 'of-a-lost-backup', { result: 'done', reference: 'SKL2X' }), 'unknown')
    assert.equal(hear('m-4', refundId, { result: 'perhaps' }), 'malformed')
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(purchase.state, 'REVIEW')
    assert.equal(rooms.value('SELECT count(*) FROM cloud_inbox'), 4)
    const told = exceptions().filter((text) => text.startsWith('refund-told-otherwise'))
    assert.deepEqual(told, [`refund-told-otherwise ${refundId}`, 'refund-told-otherwise of-a-lost-backup'])
  })

  it('under another number than was told here contradicts: the money may have gone out twice', () => {
    const { refundId } = filed()
    const told = { refundId, result: 'done', method: 'manual', by: 'asha' } as const
    rooms.run(recordRefundResult, { ...told, reference: 'SKL1X' })
    assert.equal(hear('m-1', refundId, { result: 'done', reference: 'skl1x ' }), 'known')
    const before = rooms.snapshot()
    assert.equal(hear('m-2', refundId, { result: 'done', reference: 'SKL2X' }), 'contradicts')
    assert.deepEqual(rooms.snapshot(), before)
    assert.deepEqual(exceptions(), [`refund-told-otherwise ${refundId}`])
  })

  it('is understood with what is empty, null or long', () => {
    const { refundId } = filed()
    const lost = { result: 'lost', method: null, reference: null, reason: '' }
    assert.equal(hear('m-1', refundId, lost), 'recorded')
    assert.equal(hear('m-2', refundId, { result: 'failed', reference: '', reason: 'x'.repeat(500) }), 'recorded')
    assert.equal(refundById(rooms.db, refundId)?.reference, null)
    assert.equal(refundById(rooms.db, refundId)?.detail, 'x'.repeat(200))
  })

  it('and cannot be read stands in the day’s report until the same message is understood', () => {
    const { purchase, refundId } = filed()
    assert.equal(hear('m-1', refundId, { result: 'reversed' }), 'malformed')
    const named = `message-not-weighed mpesa/refund ${refundId}`
    assert.ok(exceptions().includes(named))
    rooms.clock.step(48 * HOUR_MS)
    assert.ok(!exceptions().includes(named))
    assert.equal(hear('m-1', refundId, { result: 'reversed' }), 'malformed')
    assert.ok(exceptions().includes(named), 'also on the day on which it comes again')
    assert.equal(hear('m-1', refundId, { result: 'done', reference: 'SKL1X' }), 'recorded')
    assert.equal(purchase.state, 'REFUNDED')
    assert.ok(!exceptions().includes(named))
    assert.equal(hear('m-1', refundId, { result: 'done', reference: 'SKL1X' }), 'repeat')
    assert.deepEqual(kept(), [{ outcome: 'recorded', repeats: 3 }])
  })

  it('and our own code failed at counts when it comes again after that was mended', () => {
    const { purchase, refundId } = filed()
    rooms.db.exec("CREATE TRIGGER bug BEFORE UPDATE ON refunds BEGIN SELECT RAISE(ABORT, 'a bug'); END")
    const done = { result: 'done', reference: 'SKL1X' }
    assert.equal(hear('m-1', refundId, done), 'not-weighed')
    rooms.db.exec('DROP TRIGGER bug')
    assert.equal(hear('m-1', refundId, done), 'recorded')
    assert.equal(purchase.state, 'REFUNDED')
    assert.deepEqual(kept(), [{ outcome: 'recorded', repeats: 1 }])
  })

  it('of a refund that was not here counts when it comes again and the refund is', () => {
    const { refundId } = filed()
    hear('m-1', refundId, { result: 'lost' })
    rooms.db.exec("UPDATE cloud_inbox SET outcome = 'unknown'")
    assert.equal(hear('m-1', refundId, { result: 'not-done' }), 'recorded')
    assert.equal(refundById(rooms.db, refundId)?.state, 'sent')
  })

  it('is asked for and told of money, too, that was never a purchase', () => {
    rooms.run(receiveMoney, {
      channel: 'c2b',
      report: {
        ...{ kind: 'money', receipt: 'FREE1', amountCents: 500, billReference: null },
        ...{ payer: UNKNOWN_PAYER, paidAtMs: null },
      },
      body: '{}',
      source: 'test',
    })
    const asked = { paymentId: null, receipt: 'FREE1', reason: 'wrong till', by: 'asha', approvalAboveCents: 500 }
    const outcome = rooms.run(requestRefund, asked)
    assert.ok(outcome.outcome === 'filed')
    const { refundId } = outcome
    const facts = (type: 'money.refund_filed' | 'money.refunded') => rooms.facts(type).map(({ data }) => data)
    const about = { refundId, amountCents: 500, receipt: 'FREE1' }
    const by = { reason: 'wrong till', requestedBy: 'asha', approvedBy: null }
    assert.deepEqual(facts('money.refund_filed'), [{ ...about, ...by }])
    assert.equal(hear('m-1', refundId, { result: 'done', reference: 'SKL3X' }), 'recorded')
    assert.deepEqual(facts('money.refunded'), [about])
  })
})

describe('a signed voucher that head office bans', () => {
  const voucher = { id: 'a-signed-one', packageName: '1 hour', siteId: null, expiresAtMs: null }
  const redeem = (macAddress = MAC) => rooms.run(redeemSignedVoucher, { voucher, macAddress })
  const hear = (messageId: string, said: object) => {
    const body = JSON.stringify(said)
    return rooms.run(receiveVoucherBan, { messageId, signedId: voucher.id, body, told: readVoucherBan(body) })
  }
  const elsewhere = (access: 'keep' | 'end', site = 'site-2') => ({ reason: 'used-elsewhere', site, access })
  const grant = () => grantOf(rooms.db, 'voucher', `signed:${voucher.id}`)
  beforeEach(() => void rooms.addPackage({ name: '1 hour' }))

  it('because another site has taken it opens nothing here any more', () => {
    assert.equal(hear('m-1', elsewhere('end')), 'banned')
    assert.deepEqual(redeem(), { outcome: 'used' })
    assert.equal(grant(), undefined)
  })

  it('and was used here, too, ends what it gave, or leaves it, as head office says', () => {
    redeem()
    assert.equal(hear('m-1', elsewhere('keep')), 'used-twice')
    assert.equal(grant()?.endedAtMs, null)
    assert.equal(hear('m-2', elsewhere('end')), 'used-twice')
    assert.equal(grant()?.endReason, 'revoked')
    assert.deepEqual(
      rooms.facts('voucher.used_elsewhere').map(({ data }) => data),
      [false, true].map((endsAccess) => ({
        ...{ signedId: voucher.id, voucherSourceId: `signed:${voucher.id}`, atSite: 'site-2' },
        ...{ grantId: grant()?.id, endsAccess },
      })),
    )
  })

  it('and was used here, too, stands in the day’s report, once', () => {
    redeem()
    hear('m-1', elsewhere('keep'))
    hear('m-2', elsewhere('end'))
    assert.deepEqual(exceptions(), ['voucher-used-twice a-signed-one'])
  })

  it('is found for that report without reading all that head office has ever said', () => {
    const plans = plansOf(rooms.db, (db) => dayReport(db, '2027-01-15'))
    const looks = plans.filter((step) => step.includes('cloud_inbox'))
    assert.ok(looks.length > 0)
    const byTime = '(outcome=? AND received_at_ms>? AND received_at_ms<?)'
    assert.deepEqual(
      looks.filter((step) => !step.includes(byTime)),
      [],
    )
  })

  it('ends what it gave also while that is paused, and changes nothing of what is over already', () => {
    for (const before of ['paused', 'over'] as const) {
      const one = { ...voucher, id: `a-signed-one-${before}` }
      rooms.run(redeemSignedVoucher, { voucher: one, macAddress: MAC })
      const given = () => grantOf(rooms.db, 'voucher', `signed:${one.id}`)
      if (before === 'paused') rooms.run(pauseGrant, { grantId: given()?.id ?? '', byOperator: true })
      rooms.clock.step(2 * HOUR_MS)
      rooms.run(endOverdueGrants, {})
      const body = JSON.stringify(elsewhere('end'))
      const ban = { messageId: before, signedId: one.id, body, told: readVoucherBan(body) }
      assert.equal(rooms.run(receiveVoucherBan, ban), 'used-twice')
      assert.equal(given()?.endReason, before === 'paused' ? 'revoked' : 'time-used')
      const goOn = rooms.run(continueGrant, { grantId: given()?.id ?? '', byOperator: true })
      assert.equal(goOn, 'ended')
    }
  })

  it('takes only its own time from access for which its holder has paid besides', () => {
    const known = { macAddress: MAC, deviceIsKnown: true }
    rooms.run(redeemSignedVoucher, { voucher, ...known })
    rooms.run(redeemSignedVoucher, { voucher: { ...voucher, id: 'another-signed-one' }, ...known })
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    rooms.clock.step(HOUR_MS / 2)
    hear('m-1', elsewhere('end'))
    hear('m-2', elsewhere('end'))
    const left = grant()
    assert.ok(left && left.endedAtMs === null)
    assert.equal(remainingOf(left, rooms.clock.nowMs()).seconds, 1800)
  })

  it('because of this very site opens nothing when a restored backup does not know of it', () => {
    assert.equal(hear('m-1', elsewhere('keep', 'test-site')), 'banned')
    assert.deepEqual(redeem(), { outcome: 'used' })
  })

  it('because it is withdrawn says so to who types it, whatever was said before', () => {
    hear('m-1', elsewhere('keep'))
    assert.equal(hear('m-2', { reason: 'withdrawn' }), 'withdrawn')
    assert.deepEqual(redeem(), { outcome: 'revoked' })
    hear('m-3', elsewhere('keep'))
    assert.deepEqual(redeem(), { outcome: 'revoked' })
  })

  it('counts once, and never because of this very site', () => {
    redeem()
    assert.equal(hear('m-1', elsewhere('end', 'test-site')), 'used-here')
    assert.equal(hear('m-2', { reason: 'used-elsewhere', site: 'site-2' }), 'malformed')
    assert.equal(grant()?.endedAtMs, null)
    assert.deepEqual(exceptions(), ['message-not-weighed vouchers/ban a-signed-one'])
    hear('m-3', elsewhere('keep'))
    const before = rooms.snapshot()
    assert.equal(hear('m-3', elsewhere('end')), 'repeat')
    assert.deepEqual(rooms.snapshot(), before)
  })
})
