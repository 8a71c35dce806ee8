import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { grantOf } from '../../src/access/grant-table.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { packagesOnSale } from '../../src/billing/package-table.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { requestPayment } from '../../src/billing/request-payment.ts'
import { isWithinHours } from '../../src/billing/sale-hours.ts'
import { claimReceipt } from '../../src/billing/walk-in.ts'
import { MAC, openPurchase, PHONE } from './purchase.ts'
import { HOUR_MS, openRooms } from './rooms.ts'

const FRIDAY = 1 << 4
const timeZone = 'Africa/Nairobi'

describe('hours of sale', () => {
  const at = (text: string) => Date.parse(`${text}+03:00`)
  const hours = (saleDays: number, from: number, until: number) => ({
    ...{ saleDays, saleFromMinute: from * 60, saleUntilMinute: until * 60 },
  })

  it('are read off the clock on the site’s wall, on their days only', () => {
    const evening = hours(FRIDAY, 18, 22)
    assert.ok(!isWithinHours(evening, at('2027-01-15T17:59:59'), timeZone))
    assert.ok(isWithinHours(evening, at('2027-01-15T18:00:00'), timeZone))
    assert.ok(isWithinHours(evening, at('2027-01-15T21:59:59'), timeZone))
    assert.ok(!isWithinHours(evening, at('2027-01-15T22:00:00'), timeZone))
    assert.ok(!isWithinHours(evening, at('2027-01-16T19:00:00'), timeZone))
    assert.ok(!isWithinHours(evening, at('2027-01-15T19:00:00'), 'UTC'))
  })

  it('over midnight belong to the day on which they begin', () => {
    const night = hours(FRIDAY, 22, 2)
    assert.ok(!isWithinHours(night, at('2027-01-15T01:00:00'), timeZone))
    assert.ok(isWithinHours(night, at('2027-01-15T23:00:00'), timeZone))
    assert.ok(isWithinHours(night, at('2027-01-16T01:59:00'), timeZone))
    assert.ok(!isWithinHours(night, at('2027-01-16T02:00:00'), timeZone))
    assert.ok(!isWithinHours(night, at('2027-01-16T23:00:00'), timeZone))
  })

  it('of a whole day, and none at all', () => {
    assert.ok(isWithinHours(hours(FRIDAY, 0, 24), at('2027-01-15T23:59:59'), timeZone))
    assert.ok(!isWithinHours(hours(FRIDAY, 0, 24), at('2027-01-16T00:00:00'), timeZone))
    const always = { saleDays: null, saleFromMinute: null, saleUntilMinute: null }
    assert.ok(isWithinHours(always, at('2027-01-16T00:00:00'), timeZone))
  })
})

/** It is Friday, 11:00; the offer ends at noon. */
function setup(t: { after(stop: () => void): void }) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const packageId = rooms.addPackage({ saleDays: FRIDAY, saleFromMinute: 10 * 60, saleUntilMinute: 12 * 60 })
  const onSale = () => packagesOnSale(rooms.db, { atMs: rooms.clock.nowMs(), timeZone }).length
  return { rooms, packageId, onSale }
}

test('a purchase asked for within the hours counts when it is paid after them', (t) => {
  const { rooms, packageId, onSale } = setup(t)
  const purchase = openPurchase(rooms, { packageId }).prompted()
  assert.equal(onSale(), 1)
  rooms.clock.step(2 * HOUR_MS)
  assert.equal(onSale(), 0)
  assert.equal(purchase.paid(), 'paid')
  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  assert.equal(grantOf(rooms.db, 'payment', purchase.paymentId)?.packageId, packageId)
})

test('outside the hours nobody can ask for it, but a repeated request is still the same purchase', (t) => {
  const { rooms, packageId } = setup(t)
  const asked = { phoneNumber: PHONE, packageId, macAddress: MAC, routerId: null, clientKey: 'k', timeZone }
  const first = rooms.run(requestPayment, asked)
  rooms.clock.step(2 * HOUR_MS)
  const again = rooms.run(requestPayment, asked)
  assert.deepEqual({ ...again, outcome: 'requested', byKey: false }, first)
  assert.equal(again.outcome, 'already-requested')
  assert.equal(
    rooms.run(requestPayment, { ...asked, clientKey: null, phoneNumber: '254700000001' }).outcome,
    'unknown-package',
  )
})

test('money that came by hand within the hours buys it when it is claimed after them', (t) => {
  const { rooms } = setup(t)
  const tell = (receipt: string) => {
    const money = {
      receipt,
      amountCents: 1000,
      billReference: null,
      paidAtMs: rooms.clock.nowMs(),
      payer: UNKNOWN_PAYER,
    }
    rooms.run(receiveMoney, { channel: 'c2b', report: { kind: 'money', ...money }, body: receipt, source: 'test' })
  }
  tell('INTIME0001')
  rooms.clock.step(2 * HOUR_MS)
  tell('TOOLATE001')
  const claim = (receipt: string) => rooms.run(claimReceipt, { receipt, macAddress: MAC, timeZone }).outcome
  assert.equal(claim('INTIME0001'), 'paid')
  assert.equal(claim('TOOLATE001'), 'no-package')
})
