import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { cancelSubscription } from '../../src/access/subscription-desk.ts'
import { restoreRenewal, withdrawRenewal } from '../../src/access/subscription-refund.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber } from './subscriber.ts'

const MONTH_MS = MONTH_SECONDS * 1000

describe('a payment for a subscription that is given back', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()

  it('takes its time with it, and leaves what others paid', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    const { paymentId } = await subscriber.pay()
    rooms.run(withdrawRenewal, { paymentId })
    rooms.run(withdrawRenewal, { paymentId })
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs)
    assert.equal(subscriber.grant().expiresAtMs, paidUntilMs + 3 * DAY_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
    rooms.run(restoreRenewal, { paymentId })
    rooms.run(restoreRenewal, { paymentId })
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + MONTH_MS)
  })

  it('ends the access when no paid time is left, without days of grace, and the next payment buys one period', async () => {
    const subscriber = openSubscriber(rooms)
    const { paymentId } = await subscriber.pay()
    rooms.clock.step(DAY_MS)
    rooms.run(withdrawRenewal, { paymentId })
    assert.equal(subscriber.isOnlineAllowed(), false)
    assert.equal(subscriber.state, 'disconnected')
    await subscriber.pay()
    assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
  })

  it('that is not given back after all opens the access again', async () => {
    const subscriber = openSubscriber(rooms)
    const { paymentId } = await subscriber.pay()
    rooms.run(withdrawRenewal, { paymentId })
    rooms.run(restoreRenewal, { paymentId })
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.isOnlineAllowed(), true)
    assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
  })

  it('changes nothing of a subscription that was cancelled, and nothing of others', async () => {
    const subscriber = openSubscriber(rooms)
    const { paymentId } = await subscriber.pay()
    rooms.run(cancelSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'moved' })
    const before = rooms.snapshot()
    rooms.run(withdrawRenewal, { paymentId })
    rooms.run(withdrawRenewal, { paymentId: 'another' })
    assert.deepEqual(rooms.snapshot(), before)
  })
})
