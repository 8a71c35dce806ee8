import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { recordAccounting } from '../../src/access/sessions.ts'
import { cancelSubscription } from '../../src/access/subscription-desk.ts'
import { upcomingPeriods } from '../../src/access/subscription-periods.ts'
import { restoreRenewal, withdrawRenewal } from '../../src/access/subscription-refund.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber, type Subscriber } from './subscriber.ts'

const MONTH_MS = MONTH_SECONDS * 1000

describe('a payment for a subscription that is given back', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()
  const tick = () => runJob(rooms, 'check-expired-subscriptions')
  const aMonth = (change: Parameters<Rooms['addPackage']>[0] = {}) =>
    rooms.addPackage({ type: 'pppoe', durationSeconds: MONTH_SECONDS, ...change })
  const use = (subscriber: Subscriber, bytes: number) =>
    rooms.run(recordAccounting, {
      ...{ status: 'stop', routerId: rooms.addRouter(), username: subscriber.grant().username },
      ...{ acctSessionId: `use-${rooms.value('SELECT count(*) FROM sessions')}`, classToken: null },
      ...{ macAddress: null, framedIpAddress: null, inputBytes: bytes, outputBytes: 0, sessionSeconds: 60 },
      ...{ terminateCause: null, eventAtMs: now() },
    })

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

  it('whose data was used up takes only what is left of its own time, and gives it back in its place', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 } })
    const first = await subscriber.pay()
    await subscriber.pay({ packageId: aMonth({ downKbps: 9000 }) })
    rooms.clock.step(5 * DAY_MS)
    use(subscriber, 1000)
    const endMs = now() + MONTH_MS
    assert.equal(subscriber.grant().downKbps, 9000)
    rooms.run(withdrawRenewal, { paymentId: first.paymentId })
    assert.equal(subscriber.row.paidUntilMs, endMs)
    rooms.run(restoreRenewal, { paymentId: first.paymentId })
    assert.equal(subscriber.row.paidUntilMs, endMs + 25 * DAY_MS)
    const [rest] = upcomingPeriods(rooms.db, subscriber.row)
    assert.deepEqual([rest?.packageId, rest?.beginsAtMs], [subscriber.packageId, endMs])
    rooms.run(withdrawRenewal, { paymentId: first.paymentId })
    rooms.clock.step(MONTH_MS - 1)
    await tick()
    assert.deepEqual([subscriber.state, subscriber.isOnlineAllowed()], ['active', true])
    rooms.clock.step(1)
    await tick()
    assert.equal(subscriber.state, 'grace')
  })

  it('leaves what is left of an earlier one, whose data was used up, to come after it', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 } })
    await subscriber.pay()
    const { paymentId } = await subscriber.pay({ packageId: aMonth({ downKbps: 9000 }) })
    rooms.clock.step(5 * DAY_MS)
    use(subscriber, 1000)
    rooms.clock.step(10 * DAY_MS)
    rooms.run(withdrawRenewal, { paymentId })
    assert.equal(subscriber.row.paidUntilMs, now() + 25 * DAY_MS)
    assert.deepEqual([subscriber.grant().packageId, subscriber.grant().usedBytes], [subscriber.packageId, 1000])
  })

  it('lets another package that waits begin at once, for all of its time', async () => {
    for (const dataLimitBytes of [null, 1000]) {
      const subscriber = openSubscriber(rooms, { package: { dataLimitBytes }, username: `data-${dataLimitBytes}` })
      const { paymentId } = await subscriber.pay()
      await subscriber.pay({
        packageId: aMonth({ downKbps: 9000 }),
        purpose: { accountNumber: subscriber.row.accountNumber },
      })
      rooms.clock.step(20 * DAY_MS)
      rooms.run(withdrawRenewal, { paymentId })
      assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
      await tick()
      assert.deepEqual([subscriber.state, subscriber.grant().downKbps], ['active', 9000])
      assert.equal(subscriber.isOnlineAllowed(), true)
      rooms.run(restoreRenewal, { paymentId })
      assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS + 10 * DAY_MS)
      rooms.run(cancelSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'moved' })
    }
  })

  it('takes neither time nor data of the same package that was paid after it', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 } })
    const first = await subscriber.pay()
    rooms.clock.step(5 * DAY_MS)
    use(subscriber, 1000)
    const second = await subscriber.pay()
    rooms.run(withdrawRenewal, { paymentId: first.paymentId })
    assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
    const answer = subscriber.radius()
    assert.equal(answer.outcome === 'accept' && answer.bytes, 1000)
    rooms.run(restoreRenewal, { paymentId: first.paymentId })
    assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS + 25 * DAY_MS)
    assert.equal(subscriber.grant().dataLimitBytes, 1000)
    // The month of the first is long over, and so is what there was to take.
    rooms.clock.step(40 * DAY_MS)
    rooms.run(withdrawRenewal, { paymentId: first.paymentId })
    assert.equal(subscriber.row.paidUntilMs, now() + 15 * DAY_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
    rooms.run(withdrawRenewal, { paymentId: second.paymentId })
    assert.equal(subscriber.isOnlineAllowed(), false)
  })
})
