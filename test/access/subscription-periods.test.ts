import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { recordAccounting } from '../../src/access/sessions.ts'
import { resumeSubscription, suspendSubscription } from '../../src/access/subscription-desk.ts'
import { upcomingPeriods } from '../../src/access/subscription-periods.ts'
import { restoreRenewal, withdrawRenewal } from '../../src/access/subscription-refund.ts'
import { changePackage } from '../../src/billing/packages.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { DAY_MS, openSubscriber, type Subscriber } from './subscriber.ts'

const STRANGER = '254733999999'

describe('another package for a subscription whose paid time is not over', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()
  const tick = () => runJob(rooms, 'check-expired-subscriptions')
  const aDay = (change: Parameters<Rooms['addPackage']>[0] = {}) =>
    rooms.addPackage({ type: 'pppoe', durationSeconds: 86_400, ...change })
  const by = (subscriber: Subscriber) => ({
    phoneNumber: STRANGER,
    purpose: { accountNumber: subscriber.row.accountNumber },
  })
  const speed = (subscriber: Subscriber) => {
    const answer = subscriber.radius()
    return answer.outcome === 'accept' ? answer.grant.downKbps : answer
  }
  let sessions = 0
  const use = (subscriber: Subscriber, bytes: number) =>
    rooms.run(recordAccounting, {
      ...{ status: 'stop', routerId: rooms.addRouter(), username: subscriber.grant().username },
      ...{ acctSessionId: String(++sessions), classToken: null, macAddress: null, framedIpAddress: null },
      ...{ inputBytes: bytes, outputBytes: 0, sessionSeconds: 60, terminateCause: null, eventAtMs: now() },
    })

  it('begins when that time is over: a day of the fastest makes no fast month', async () => {
    const startMs = now()
    const subscriber = openSubscriber(rooms, { package: { downKbps: 1000 }, paidUntilMs: startMs + 29 * DAY_MS })
    await subscriber.pay({ packageId: aDay({ downKbps: 50_000, graceDays: 1 }) })
    assert.equal(speed(subscriber), 1000)
    assert.equal(subscriber.row.packageId, subscriber.packageId)
    assert.equal(subscriber.row.paidUntilMs, startMs + 30 * DAY_MS)
    const [upcoming] = upcomingPeriods(rooms.db, subscriber.row)
    assert.equal(upcoming?.beginsAtMs, startMs + 29 * DAY_MS)
    rooms.clock.step(29 * DAY_MS - 1)
    await tick()
    assert.equal(speed(subscriber), 1000)
    rooms.clock.step(1)
    await tick()
    await tick()
    assert.equal(speed(subscriber), 50_000)
    assert.equal(rooms.facts('access.terms_changed').length, 1)
    assert.deepEqual(upcomingPeriods(rooms.db, subscriber.row), [])
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'grace')
    assert.equal(subscriber.grant().expiresAtMs, startMs + 31 * DAY_MS)
  })

  it('paid by a stranger slows nothing down, and limits no unlimited time', async () => {
    const startMs = now()
    const subscriber = openSubscriber(rooms, { package: { downKbps: 20_000 }, paidUntilMs: startMs + 20 * DAY_MS })
    // What is sold under that name has become worse since.
    rooms.db
      .prepare('UPDATE packages SET down_kbps = 100, data_limit_bytes = 1000 WHERE id = ?')
      .run(subscriber.packageId)
    await subscriber.pay(by(subscriber))
    assert.equal(speed(subscriber), 20_000)
    use(subscriber, 5000)
    assert.equal(speed(subscriber), 20_000)
    assert.equal(subscriber.grant().dataLimitBytes, null)
    assert.equal(subscriber.row.graceDays, 3)
  })

  it('is its customer’s choice alone: a stranger pays the next period of the account’s own package, also when it is over', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() })
    const other = aDay({ downKbps: 100 })
    await assert.rejects(subscriber.pay({ packageId: other, ...by(subscriber) }), /wrong-package/)
    assert.equal(rooms.value('SELECT count(*) FROM payments'), 0)
    await subscriber.pay(by(subscriber))
    assert.deepEqual([subscriber.state, subscriber.row.packageId], ['active', subscriber.packageId])
    const account = { accountNumber: subscriber.row.accountNumber }
    await subscriber.pay({ packageId: other, purpose: account })
    assert.equal(upcomingPeriods(rooms.db, subscriber.row)[0]?.packageId, other)
  })

  it('is bought first, begins first; the same twice is one, with the data of both', async () => {
    const subscriber = openSubscriber(rooms, { package: { downKbps: 1000 }, paidUntilMs: now() + DAY_MS })
    const fast = aDay({ downKbps: 9000, dataLimitBytes: 1000 })
    await subscriber.pay({ packageId: fast })
    await subscriber.pay({ packageId: fast })
    await subscriber.pay()
    rooms.clock.step(DAY_MS)
    await tick()
    assert.deepEqual([speed(subscriber), subscriber.grant().dataLimitBytes], [9000, 2000])
    rooms.clock.step(2 * DAY_MS)
    await tick()
    assert.deepEqual([speed(subscriber), subscriber.grant().dataLimitBytes], [1000, null])
    assert.equal(subscriber.row.paidUntilMs, now() + 30 * DAY_MS)
  })

  it('comes into its own at once, each for its time, when the box was off through all of it', async () => {
    const subscriber = openSubscriber(rooms, { package: { downKbps: 1000 }, paidUntilMs: now() + DAY_MS })
    await subscriber.pay({ packageId: aDay({ downKbps: 9000 }) })
    await subscriber.pay()
    rooms.clock.step(2.5 * DAY_MS)
    await tick()
    assert.equal(speed(subscriber), 1000)
    assert.equal(subscriber.row.paidUntilMs, now() + 29.5 * DAY_MS)
  })

  it('is the same package no more once the site has changed it', async () => {
    const subscriber = openSubscriber(rooms, { package: { downKbps: 9000 }, paidUntilMs: now() + DAY_MS })
    rooms.run(changePackage, { packageId: subscriber.packageId, change: { downKbps: 500 } })
    await subscriber.pay(by(subscriber))
    assert.equal(speed(subscriber), 9000)
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(speed(subscriber), 500)
  })

  it('begins at once when the data is used up, and what is left of the time comes after it', async () => {
    const startMs = now()
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs: startMs + 10 * DAY_MS })
    use(subscriber, 1000)
    assert.equal(subscriber.row.disconnectionReason, 'data-used')
    await subscriber.pay({ packageId: aDay({ downKbps: 9000 }) })
    assert.equal(speed(subscriber), 9000)
    assert.equal(subscriber.row.paidUntilMs, startMs + 11 * DAY_MS)
    // Its own package brings data to the time that is left, after the day that a stranger paid.
    await subscriber.pay()
    rooms.clock.step(DAY_MS)
    await tick()
    const answer = subscriber.radius()
    assert.equal(answer.outcome === 'accept' && answer.bytes, 1000)
    assert.equal(subscriber.row.paidUntilMs, now() + 40 * DAY_MS)
  })

  it('that waits begins when the data before it is used up; what has no data left is down when its turn comes', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs: now() + 10 * DAY_MS })
    await subscriber.pay({ packageId: aDay({ downKbps: 9000 }) })
    use(subscriber, 1000)
    assert.equal(subscriber.state, 'active')
    assert.equal(speed(subscriber), 9000)
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.row.disconnectionReason, 'data-used')
    await tick()
    await subscriber.pay()
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, now() + 40 * DAY_MS)
  })

  it('waits, too, while the subscription stands still', async () => {
    const subscriber = openSubscriber(rooms, { package: { downKbps: 1000 }, paidUntilMs: now() + DAY_MS })
    const { subscriptionId } = subscriber
    rooms.run(suspendSubscription, { subscriptionId, reason: 'holiday' })
    await subscriber.pay({ packageId: aDay({ downKbps: 9000 }) })
    rooms.clock.step(5 * DAY_MS)
    await tick()
    rooms.run(resumeSubscription, { subscriptionId, reason: 'back' })
    assert.equal(speed(subscriber), 1000)
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(speed(subscriber), 9000)
    assert.equal(subscriber.row.paidUntilMs, now() + DAY_MS)
  })

  it('is given back without touching what runs, and stands again when it is not', async () => {
    const paidUntilMs = now() + 2 * DAY_MS
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs })
    const { paymentId } = await subscriber.pay({ packageId: aDay({ downKbps: 9000, dataLimitBytes: 700 }) })
    rooms.run(withdrawRenewal, { paymentId })
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs)
    assert.equal(subscriber.grant().dataLimitBytes, 1000)
    assert.deepEqual(upcomingPeriods(rooms.db, subscriber.row), [])
    rooms.run(restoreRenewal, { paymentId })
    rooms.clock.step(2 * DAY_MS)
    await tick()
    assert.deepEqual([speed(subscriber), subscriber.grant().dataLimitBytes], [9000, 700])
    rooms.run(withdrawRenewal, { paymentId })
    assert.equal(subscriber.isOnlineAllowed(), false)
  })

  it('is kept by the file as it was sold', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    await subscriber.pay({ packageId: aDay({ downKbps: 9000 }) })
    const refused = (query: string) => assert.throws(() => rooms.db.exec(query), /never|does not wait again/, query)
    refused('UPDATE subscription_periods SET duration_ms = 1')
    refused('DELETE FROM subscription_periods')
    rooms.clock.step(DAY_MS)
    await tick()
    refused("UPDATE subscription_periods SET state = 'waiting'")
  })
})
