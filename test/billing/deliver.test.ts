import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { noteOnline } from '../../src/access/grant-progress.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { recordMessage, startMessage } from '../../src/access/messages.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { historyOf } from '../../src/billing/payment-history.ts'
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
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId, by: 'online' })
    deliver()
    assert.equal(purchase.state, 'FULFILLED')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('and its history tells how it reached the customer, and not each change of the access after that', () => {
    const { purchase, routerId, deliver } = paid()
    deliver()
    const grantId = grantOf(rooms.db, 'payment', purchase.paymentId)?.id ?? ''
    rooms.run(noteOnline, { grantId, routerId })
    const sent = rooms.run(startMessage, { grantId, phoneNumber: purchase.asked.phoneNumber })
    assert.ok(sent.outcome === 'send')
    const result = { outcome: 'accepted', providerId: 'AT1' } as const
    rooms.run(recordMessage, { messageId: sent.messageId, result, phoneMasked: '2547***01' })
    rooms.run(pauseGrant, { grantId, byOperator: true })
    rooms.run(continueGrant, { grantId, byOperator: true })
    const told = historyOf(rooms.db, purchase.paymentId).filter(({ event }) => event === 'PROVISIONED')
    assert.deepEqual(
      told.map(({ fromState, toState, detail }) => [fromState, toState, detail]),
      [
        ['PAID', 'FULFILLED', 'the customer is online'],
        ['FULFILLED', 'FULFILLED', 'the code is on its way to the phone'],
      ],
    )
  })

  it('and nothing but money makes a purchase done', () => {
    const purchase = openPurchase(rooms).prompted()
    rooms.run(notePaymentDelivered, { paymentId: purchase.paymentId, by: 'online' })
    assert.equal(purchase.state, 'PROMPTED')
  })
})
