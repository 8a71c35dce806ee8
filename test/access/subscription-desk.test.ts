import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  cancelSubscription,
  extendSubscription,
  resumeSubscription,
  suspendSubscription,
} from '../../src/access/subscription-desk.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber, type Subscriber } from './subscriber.ts'

describe('the desk', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()
  const tick = () => runJob(rooms, 'check-expired-subscriptions')
  const order = ({ subscriptionId }: Subscriber) => ({ subscriptionId, reason: 'asked by phone' })
  const suspend = (subscriber: Subscriber) => rooms.run(suspendSubscription, order(subscriber)).outcome
  const resume = (subscriber: Subscriber) => rooms.run(resumeSubscription, order(subscriber)).outcome
  const extend = (subscriber: Subscriber, days: number) =>
    rooms.run(extendSubscription, { ...order(subscriber), seconds: days * 86_400 }).outcome

  it('suspends: nobody is online, the time stands still, and goes on where it stood', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    rooms.clock.step(4 * DAY_MS)
    assert.equal(suspend(subscriber), 'done')
    assert.equal(subscriber.isOnlineAllowed(), false)
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
    rooms.clock.step(60 * DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'suspended')
    assert.equal(resume(subscriber), 'done')
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + 60 * DAY_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('gives back what was left of the grace, and no more', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    rooms.clock.step(2 * DAY_MS)
    await tick()
    suspend(subscriber)
    rooms.clock.step(30 * DAY_MS)
    resume(subscriber)
    assert.equal(subscriber.state, 'grace')
    assert.equal(subscriber.grant().expiresAtMs, now() + 2 * DAY_MS)
  })

  it('leaves down what was down before it was suspended', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    rooms.clock.step(10 * DAY_MS)
    await tick()
    suspend(subscriber)
    resume(subscriber)
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.isOnlineAllowed(), false)
    const unpaid = openSubscriber(rooms, { customer: { phoneNumber: '254722000002' } })
    suspend(unpaid)
    resume(unpaid)
    assert.equal(unpaid.row.disconnectionReason, 'unpaid')
  })

  it('keeps a payment that comes while suspended, and opens nothing', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    suspend(subscriber)
    rooms.clock.step(20 * DAY_MS)
    const purchase = await subscriber.pay()
    assert.equal(purchase.state, 'FULFILLED')
    assert.equal(subscriber.state, 'suspended')
    assert.equal(subscriber.isOnlineAllowed(), false)
    resume(subscriber)
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + MONTH_SECONDS * 1000 + 20 * DAY_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('does not give back data that was used up by suspending and resuming', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 100 }, paidUntilMs: now() + DAY_MS })
    rooms.db.prepare('UPDATE grants SET used_bytes = 100').run()
    suspend(subscriber)
    resume(subscriber)
    assert.equal(subscriber.row.disconnectionReason, 'data-used')
    assert.equal(extend(subscriber, 5), 'done')
    assert.equal(subscriber.isOnlineAllowed(), false)
  })

  it('extends: by days that come after what is left, or from now when nothing is', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    extend(subscriber, 5)
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + 5 * DAY_MS)
    rooms.clock.step(100 * DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'disconnected')
    extend(subscriber, 2)
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, now() + 2 * DAY_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('cancels for good', () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    assert.equal(rooms.run(cancelSubscription, order(subscriber)).outcome, 'done')
    assert.equal(subscriber.isOnlineAllowed(), false)
    const before = rooms.snapshot()
    for (const outcome of [suspend(subscriber), resume(subscriber), extend(subscriber, 1)])
      assert.equal(outcome, 'not-from-here')
    assert.equal(rooms.run(cancelSubscription, order(subscriber)).outcome, 'not-from-here')
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('knows no subscription that does not exist', () => {
    assert.equal(rooms.run(suspendSubscription, { subscriptionId: 'nobody', reason: 'x' }).outcome, 'unknown')
  })
})
