import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { withdrawGrant } from '../../src/access/withdraw.ts'
import { boundsOf, businessDayOf, dayAfter } from '../../src/billing/business-day.ts'
import { type DayReport, dayReport } from '../../src/billing/day-report.ts'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { giveUpPayments } from '../../src/billing/payment-deadlines.ts'
import { firstBrokenLink } from '../../src/billing/payment-history.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { closeDays, signSettlement } from '../../src/billing/settlement.ts'
import { settlementOf } from '../../src/billing/settlement-table.ts'
import { assignReceipt } from '../../src/billing/walk-in.ts'
import { openStay } from '../access/stay.ts'
import { openSubscriber } from '../access/subscriber.ts'
import { openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

const DAY_MS = 24 * HOUR_MS

describe('the close of a day', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const today = () => businessDayOf(rooms.clock.nowMs())
  function sell() {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId, by: 'online' })
    return purchase
  }
  const reportOf = (day: string) => JSON.parse(settlementOf(rooms.db, day)?.report ?? 'null') as DayReport
  const kinds = (report: DayReport) => report.exceptions.map(({ kind }) => kind)

  it('is the day in Nairobi', () => {
    assert.equal(businessDayOf(Date.parse('2026-11-24T20:59:59.999Z')), '2026-11-24')
    assert.equal(businessDayOf(Date.parse('2026-11-24T21:00:00Z')), '2026-11-25')
    assert.deepEqual(boundsOf('2026-11-24').fromMs, Date.parse('2026-11-24T00:00:00+03:00'))
    assert.equal(dayAfter('2026-12-31'), '2027-01-01')
  })

  it('comes when it is over, once, for every day there was', () => {
    const first = today()
    sell()
    assert.deepEqual(rooms.run(closeDays, {}), { closed: 0, more: false })
    rooms.clock.step(3 * DAY_MS)
    assert.deepEqual(rooms.run(closeDays, {}), { closed: 3, more: false })
    assert.deepEqual(rooms.run(closeDays, {}), { closed: 0, more: false })
    assert.equal(rooms.facts('settlement.closed').length, 3)
    assert.deepEqual(reportOf(dayAfter(first)).opening, reportOf(first).closing)
    rooms.clock.step(30 * DAY_MS)
    assert.deepEqual(rooms.run(closeDays, {}), { closed: 7, more: true })
  })

  it('says what came in, for what, and what the books hold', () => {
    const day = today()
    sell()
    sell()
    openPurchase(rooms).prompted().paid({ amountCents: 300 })
    rooms.clock.step(DAY_MS)
    rooms.run(closeDays, {})
    const report = reportOf(day)
    assert.deepEqual(report.receiptsByChannel, [{ name: 'stk_callback', count: 3, cents: 2 * PRICE_CENTS + 300 }])
    assert.equal(
      report.salesByPackage.reduce((total, { cents }) => total + cents, 0),
      2 * PRICE_CENTS,
    )
    assert.deepEqual(report.opening, {})
    assert.deepEqual(report.closing, {
      ...{ mpesa_float: 2 * PRICE_CENTS + 300, unallocated: -300, prepaid: 0, wifi_sales: -2 * PRICE_CENTS },
    })
    assert.deepEqual(kinds(report).sort(), ['in-review', 'unallocated'])
  })

  it('holds money, grants and usage against each other', () => {
    const undelivered = openPurchase(rooms).prompted()
    undelivered.paid()
    const stay = openStay(rooms, { source: 'payment', sourceId: 'nobody-paid' })
    stay.account({ status: 'interim', inputBytes: 100, username: 'a-stranger', classToken: null })
    const found = dayReport(rooms.db, today()).exceptions
    assert.deepEqual(
      found.map(({ kind, subject }) => [kind, subject]),
      [
        ['paid-not-delivered', undelivered.paymentId],
        ['granted-not-paid', stay.grantId],
        ['used-without-grant', 'a-stranger'],
      ],
    )
  })

  it('counts a sale on the day on which the books have it, whenever its money came', () => {
    const day = today()
    const packageId = rooms.addPackage({ name: 'An hour' })
    const money = { kind: 'money', receipt: 'BYHAND0001', amountCents: PRICE_CENTS, billReference: null } as const
    const report = { ...money, payer: UNKNOWN_PAYER, paidAtMs: null }
    rooms.run(receiveMoney, { channel: 'c2b', report, body: 'c2b', source: '' })
    rooms.clock.step(DAY_MS)
    const buyer = { packageId, paymentId: null, phoneNumber: null, macAddress: null, by: 'asha', reason: 'seen' }
    const assigned = rooms.run(assignReceipt, { ...buyer, receipt: 'BYHAND0001' })
    assert.ok(assigned.outcome === 'assigned')
    rooms.run(notePaymentDelivered, { paymentId: assigned.paymentId, by: 'online' })
    rooms.clock.step(DAY_MS)
    rooms.run(closeDays, {})
    const [before, after] = [reportOf(day), reportOf(dayAfter(day))]
    assert.deepEqual([before.receiptsByChannel.length, before.salesByPackage], [1, []])
    assert.deepEqual(after.receiptsByChannel, [])
    assert.deepEqual(after.salesByPackage, [{ name: 'An hour', count: 1, cents: PRICE_CENTS }])
  })

  it('names what an extension or a renewal gave without money, and names it again until it is put right', async () => {
    const day = today()
    sell()
    const stay = openStay(rooms, { source: 'payment', sourceId: 'nobody-paid', phoneNumber: '254712345678' })
    const extended = openStay(rooms, { phoneNumber: '254733345678', macAddress: '02:00:00:00:00:09' })
    rooms.db
      .prepare(
        "INSERT INTO grant_parts SELECT 'payment', 'neither', grant_id, 60, NULL, given_at_ms, NULL FROM grant_parts WHERE grant_id = ?",
      )
      .run(extended.grantId)
    const subscriber = openSubscriber(rooms)
    const unpaid = openPurchase(rooms).prompted()
    rooms.db
      .prepare(
        `INSERT INTO subscription_history (subscription_id, event, from_state, to_state, package_id, payment_id, detail, at_ms)
         SELECT id, 'RENEW', state, state, package_id, ?, '', ? FROM subscriptions WHERE id = ?`,
      )
      .run(unpaid.paymentId, rooms.clock.nowMs(), subscriber.row.id)
    const named = (report: DayReport) =>
      report.exceptions.flatMap(({ kind, subject }) => (kind === 'granted-not-paid' ? [subject] : [])).sort()
    const all = [stay.grantId, extended.grantId, subscriber.row.id].sort()
    assert.deepEqual(named(dayReport(rooms.db, day)), all)
    rooms.clock.step(2 * DAY_MS)
    rooms.run(closeDays, {})
    assert.deepEqual(named(reportOf(day)), all)
    assert.deepEqual(named(reportOf(dayAfter(day))), all)
    unpaid.paid()
    rooms.run(withdrawGrant, { source: 'payment', sourceId: 'nobody-paid' })
    assert.deepEqual(named(dayReport(rooms.db, today())), [extended.grantId])
  })

  it('names what was used without a grant on each day of its use', () => {
    const day = today()
    sell()
    const stay = openStay(rooms)
    const stranger = { username: 'a-stranger', classToken: null, acctSessionId: '80000009' } as const
    stay.account({ ...stranger, status: 'start' })
    rooms.clock.step(DAY_MS)
    stay.account({ ...stranger, status: 'interim', inputBytes: 100, sessionSeconds: 86_400 })
    rooms.run(closeDays, {})
    rooms.clock.step(2 * DAY_MS)
    rooms.run(closeDays, {})
    assert.ok(kinds(reportOf(dayAfter(day))).includes('used-without-grant'))
    assert.ok(!kinds(reportOf(dayAfter(dayAfter(day)))).includes('used-without-grant'))
  })

  it('counts the receipts without a number also after their day, until it is told', () => {
    const day = today()
    const purchase = openPurchase(rooms).prompted()
    purchase.queryPaid()
    rooms.clock.step(2 * DAY_MS)
    rooms.run(closeDays, {})
    const subjects = (report: DayReport) =>
      report.exceptions.flatMap(({ kind, subject }) => (kind === 'receipt-without-number' ? [subject] : []))
    assert.deepEqual(subjects(reportOf(day)), [purchase.paymentId])
    assert.deepEqual(subjects(reportOf(dayAfter(day))), ['1 from earlier days'])
    purchase.paid()
    assert.deepEqual(subjects(dayReport(rooms.db, today())), [])
  })

  it('is final: its hash is the report’s, nothing is booked into it any more, and one person signs', () => {
    const day = today()
    sell()
    rooms.clock.step(DAY_MS)
    rooms.run(closeDays, {})
    const settlement = settlementOf(rooms.db, day)
    assert.deepEqual(
      settlement?.reportSha256,
      createHash('sha256')
        .update(settlement?.report ?? '')
        .digest(),
    )
    assert.equal(firstBrokenLink(rooms.db), undefined)
    rooms.clock.step(-DAY_MS)
    sell()
    assert.equal(rooms.value('SELECT max(business_day) FROM ledger_transactions'), dayAfter(day))
    const refused = (query: string, message: RegExp) =>
      assert.throws(() => rooms.db.prepare(query).run(), message, query)
    refused("UPDATE settlement_days SET report = '{}'", /never changes/)
    refused('DELETE FROM settlement_days', /never deleted/)
    refused(
      `INSERT INTO ledger_transactions (dedupe_key, business_day, at_ms) VALUES ('late', '${day}', 1)`,
      /this day is closed/,
    )
    assert.equal(rooms.run(signSettlement, { day, by: 'asha' }), 'signed')
    assert.equal(rooms.run(signSettlement, { day, by: 'juma' }), 'already-signed')
    assert.equal(rooms.run(signSettlement, { day: '2030-01-01', by: 'juma' }), 'not-closed')
    refused("UPDATE settlement_days SET signed_by = 'juma'", /never changes/)
  })

  it('says that somebody has changed the history of money, that day and every day after', () => {
    const tamper = (query: string) => {
      rooms.db.exec('DROP TRIGGER IF EXISTS payment_history_keeps; DROP TRIGGER IF EXISTS payment_history_stays')
      rooms.db.exec(query)
    }
    const close = () => {
      const day = today()
      rooms.clock.step(DAY_MS)
      rooms.run(closeDays, {})
      const { exceptions } = JSON.parse(settlementOf(rooms.db, day)?.report ?? '') as DayReport
      return exceptions.flatMap(({ kind, subject }) => ((kind as string) === 'history-broken' ? [subject] : []))
    }
    sell()
    assert.deepEqual(close(), [])
    const last = rooms.value('SELECT max(id) FROM payment_history') as number
    sell()
    sell()
    tamper(`UPDATE payment_history SET detail = 'nothing happened' WHERE id = ${last + 2}`)
    assert.deepEqual(close(), [`row ${last + 2} is not what was written`])
    sell()
    assert.deepEqual(close(), [`row ${last + 2} is not what was written`])
  })

  it('says that the end of the history was cut off', () => {
    const day = today()
    sell()
    rooms.clock.step(DAY_MS)
    rooms.run(closeDays, {})
    rooms.db.exec(
      'DROP TRIGGER payment_history_stays; DELETE FROM payment_history WHERE id = (SELECT max(id) FROM payment_history)',
    )
    assert.equal(firstBrokenLink(rooms.db), undefined)
    const next = today()
    sell()
    rooms.clock.step(DAY_MS)
    rooms.run(closeDays, {})
    assert.match(settlementOf(rooms.db, next)?.report ?? '', new RegExp(`the head of ${day} is gone`))
  })

  it('also closes what nobody paid in two days; money that comes still counts', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.failed()
    const asked = rooms.clock.nowMs()
    assert.deepEqual(rooms.run(giveUpPayments, { askedBeforeMs: asked }), { more: false })
    assert.equal(purchase.state, 'DECLINED')
    rooms.run(giveUpPayments, { askedBeforeMs: asked + 1 })
    assert.equal(purchase.state, 'CLOSED_UNPAID')
    assert.equal(purchase.paid(), 'paid')
  })
})
