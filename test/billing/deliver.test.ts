import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { noteOnline } from '../../src/access/grant-progress.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { sql } from '../../src/store/database.ts'
import { MAC, openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from './rooms.ts'

describe('what was paid is delivered', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  function paid(change: Parameters<Rooms['addPackage']>[0] = {}) {
    const routerId = rooms.addRouter()
    const purchase = openPurchase(rooms, { packageId: rooms.addPackage(change), routerId }).prompted()
    purchase.paid()
    return { purchase, routerId, deliver: () => rooms.run(deliverPayment, { paymentId: purchase.paymentId }) }
  }

  it('as one grant with all that the package holds', () => {
    const { purchase, routerId, deliver } = paid({
      dataLimitBytes: 5_000_000_000,
      downKbps: 2000,
      upKbps: 1000,
      deviceLimit: 3,
    })
    rooms.clock.step(5000)
    deliver()
    const grant = grantOf(rooms.db, 'payment', purchase.paymentId)
    assert.ok(grant)
    const { dataLimitBytes, downKbps, upKbps, deviceLimit, phoneNumber, macAddress } = grant
    assert.deepEqual(
      { dataLimitBytes, downKbps, upKbps, deviceLimit, phoneNumber, macAddress, routerId: grant.routerId },
      {
        ...{ dataLimitBytes: 5_000_000_000, downKbps: 2000, upKbps: 1000, deviceLimit: 3, routerId },
        ...{ phoneNumber: purchase.asked.phoneNumber, macAddress: MAC },
      },
    )
    assert.equal(grant.startsAtMs, rooms.clock.nowMs())
    assert.equal(grant.expiresAtMs, rooms.clock.nowMs() + HOUR_MS)
  })

  it('once: a second delivery changes nothing', () => {
    const { deliver } = paid()
    deliver()
    const before = rooms.snapshot()
    deliver()
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('although the package was taken off sale meanwhile', () => {
    const { purchase, deliver } = paid()
    sql(rooms.db, 'UPDATE packages SET active = 0').run()
    deliver()
    assert.ok(grantOf(rooms.db, 'payment', purchase.paymentId))
  })

  it('and what was not paid is not', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.failed()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    assert.equal(rooms.facts('hotspot_user.provision_requested').length, 0)
    assert.throws(() => rooms.run(deliverPayment, { paymentId: 'nobody' }), { code: 'payment-unknown' })
  })

  it('and is done once the customer is online', () => {
    const { purchase, routerId, deliver } = paid()
    deliver()
    const grantId = grantOf(rooms.db, 'payment', purchase.paymentId)?.id ?? ''
    rooms.run(noteOnline, { grantId, routerId })
    assert.equal(purchase.state, 'FULFILLED')
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId })
    deliver()
    assert.equal(purchase.state, 'FULFILLED')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('and nothing but money makes a purchase done', () => {
    const purchase = openPurchase(rooms).prompted()
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId })
    assert.equal(purchase.state, 'PROMPTED')
  })
})
