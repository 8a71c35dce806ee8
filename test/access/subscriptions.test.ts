import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { customerByPhone } from '../../src/access/customer-table.ts'
import { addCustomer } from '../../src/access/customers.ts'
import { revokeGrant } from '../../src/access/end-grant.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { recordAccounting } from '../../src/access/sessions.ts'
import { cancelSubscription, resumeSubscription, suspendSubscription } from '../../src/access/subscription-desk.ts'
import { openSubscriptionsOf } from '../../src/access/subscription-table.ts'
import { createSubscription, renewSubscription } from '../../src/access/subscriptions.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { setPackageTerms, termsOfPackage } from '../../src/billing/package-terms.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber, SUBSCRIBER_PHONE } from './subscriber.ts'

const MONTH_MS = MONTH_SECONDS * 1000

describe('a subscription', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()
  const tick = () => runJob(rooms, 'check-expired-subscriptions')
  const sweep = () => runJob(rooms, 'check-expired-sessions')

  it('waits for its first payment, which connects it', async () => {
    const subscriber = openSubscriber(rooms)
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.row.disconnectionReason, 'unpaid')
    assert.equal(subscriber.isOnlineAllowed(), false)
    const purchase = await subscriber.pay()
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
    assert.equal(subscriber.isOnlineAllowed(), true)
    assert.equal(purchase.state, 'FULFILLED')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('is named by six digits, which are also the user name when none was chosen', () => {
    const { row, grant } = openSubscriber(rooms)
    assert.match(row.accountNumber, /^[1-9]\d{5}$/)
    assert.equal(grant().username, row.accountNumber)
    assert.ok(grant().password.length >= 8)
  })

  it('is online through its grace, and to the second no longer', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + MONTH_MS })
    assert.equal(subscriber.state, 'active')
    rooms.clock.step(MONTH_MS)
    await tick()
    assert.equal(subscriber.state, 'grace')
    assert.equal(subscriber.isOnlineAllowed(), true)
    rooms.clock.step(3 * DAY_MS - 1000)
    await tick()
    await sweep()
    assert.equal(subscriber.isOnlineAllowed(), true)
    rooms.clock.step(1000)
    assert.equal(subscriber.isOnlineAllowed(), false)
    await sweep()
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
    assert.deepEqual(subscriber.steps(), ['TIME_ADDED>active', 'PAID_TIME_OVER>grace', 'ACCESS_ENDED>disconnected'])
    assert.deepEqual(
      rooms.facts().flatMap(({ type }) => (type.startsWith('subscription.') ? [type] : [])),
      ['subscription.created', 'subscription.grace_started', 'subscription.disconnected'],
    )
  })

  it('without grace is down at its end', async () => {
    const subscriber = openSubscriber(rooms, { package: { graceDays: 0 }, paidUntilMs: now() + DAY_MS })
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.isOnlineAllowed(), false)
    assert.equal(rooms.facts('subscription.grace_started').length, 0)
  })

  it('that is renewed early keeps the unused time', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    rooms.clock.step(DAY_MS)
    await subscriber.pay()
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + MONTH_MS)
    assert.equal(subscriber.grant().expiresAtMs, paidUntilMs + MONTH_MS + 3 * DAY_MS)
    // And is not over when the old time would have been.
    rooms.clock.step(20 * DAY_MS)
    await tick()
    await sweep()
    assert.equal(subscriber.state, 'active')
  })

  for (const [state, daysLate] of [
    ['grace', 1],
    ['disconnected', 10],
    ['expired', 200],
  ] as const) {
    it(`that is ${state} is brought back by a payment, for a whole period`, async () => {
      const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
      rooms.clock.step(DAY_MS)
      await tick()
      if (state !== 'grace') {
        rooms.clock.step(4 * DAY_MS)
        await tick()
        rooms.clock.step((daysLate - 4) * DAY_MS)
        await runJob(rooms, 'process-grace-period')
      }
      assert.equal(subscriber.state, state)
      await subscriber.pay()
      assert.equal(subscriber.state, 'active')
      assert.equal(subscriber.row.paidUntilMs, now() + MONTH_MS)
      assert.equal(subscriber.isOnlineAllowed(), true)
    })
  }

  it('is renewed once by one payment, whatever runs twice', async () => {
    const subscriber = openSubscriber(rooms)
    const { paymentId } = await subscriber.pay()
    const before = rooms.snapshot()
    const as = { kind: 'subscription', subscriptionId: subscriber.subscriptionId, newForPhone: null } as const
    rooms.run(deliverPayment, { paymentId, as })
    await runJob(rooms, 'process-payment', { paymentId })
    const [order] = rooms.facts('subscription.reconnection_requested')
    assert.equal(rooms.run(renewSubscription, order?.data as never), 'renewed-before')
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(rooms.facts('subscription.renewed').length, 1)
  })

  it('begins on its day when it was paid before', async () => {
    const startsAtMs = now() + 2 * DAY_MS
    const subscriber = openSubscriber(rooms, { startsAtMs, paidUntilMs: startsAtMs + MONTH_MS })
    await tick()
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.row.disconnectionReason, 'not-started')
    await subscriber.pay()
    assert.equal(subscriber.row.paidUntilMs, startsAtMs + 2 * MONTH_MS)
    assert.equal(subscriber.isOnlineAllowed(), false)
    rooms.clock.step(2 * DAY_MS)
    await tick()
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('begins on its day when its first payment came before', async () => {
    const startsAtMs = now() + 2 * DAY_MS
    const subscriber = openSubscriber(rooms, { startsAtMs })
    await subscriber.pay()
    assert.equal(subscriber.row.disconnectionReason, 'not-started')
    rooms.clock.step(2 * DAY_MS - 1)
    await tick()
    assert.equal(subscriber.state, 'disconnected')
    rooms.clock.step(1)
    await tick()
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, startsAtMs + MONTH_MS)
  })

  it('that is suspended and paid keeps the data that was left', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs: now() + DAY_MS })
    rooms.db.prepare('UPDATE grants SET used_bytes = 300').run()
    rooms.run(suspendSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'holiday' })
    await subscriber.pay()
    rooms.run(resumeSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'back' })
    const answer = subscriber.radius()
    assert.equal(answer.outcome === 'accept' && answer.bytes, 1700)
  })

  it('is sold under its package’s fair use, which a payment begins anew', async () => {
    const subscriber = openSubscriber(rooms)
    const { packageId } = subscriber
    const terms = { ...termsOfPackage(rooms.db, packageId), fairUseBytes: 1000, fairUseDownKbps: 500 }
    rooms.run(setPackageTerms, { packageId, terms })
    await subscriber.pay()
    const now = () => termsOfGrant(rooms.db, subscriber.row.grantId)
    assert.equal(now()?.fairUseBytes, 1000)
    rooms.db.prepare('UPDATE grants SET used_bytes = 1000').run()
    rooms.db.prepare('UPDATE grant_terms SET throttled_at_ms = 1').run()
    await subscriber.pay()
    assert.deepEqual([now()?.fairUseBytes, now()?.throttledAtMs], [1000, null])
  })

  it('whose data is used up is down although time is left, and a payment brings data and adds the time', async () => {
    const paidUntilMs = now() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs })
    rooms.run(recordAccounting, {
      ...{ status: 'stop', routerId: rooms.addRouter(), username: subscriber.grant().username, acctSessionId: '1' },
      ...{ classToken: null, macAddress: null, framedIpAddress: null, inputBytes: 600, outputBytes: 400 },
      ...{ sessionSeconds: 60, terminateCause: null, eventAtMs: now() },
    })
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(subscriber.row.disconnectionReason, 'data-used')
    await subscriber.pay()
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + MONTH_MS)
    const answer = subscriber.radius()
    assert.ok(answer.outcome === 'accept' && answer.bytes === 1000)
  })

  it('that is renewed while it runs gets its data beside what is left', async () => {
    const subscriber = openSubscriber(rooms, { package: { dataLimitBytes: 1000 }, paidUntilMs: now() + DAY_MS })
    rooms.db.prepare('UPDATE grants SET used_bytes = 300').run()
    await subscriber.pay()
    const answer = subscriber.radius()
    assert.ok(answer.outcome === 'accept' && answer.bytes === 1700)
  })

  it('whose grant an operator withdraws is down, and no payment is lost on it', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    rooms.run(revokeGrant, { grantId: subscriber.row.grantId })
    assert.equal(subscriber.state, 'disconnected')
    await tick()
    assert.equal(subscriber.isOnlineAllowed(), false)
    await subscriber.pay()
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('for many at once moves a limited number in one commit, and all of them', async () => {
    const packageId = rooms.addPackage({ type: 'pppoe' })
    for (let at = 0; at < 250; at++) {
      rooms.run(createSubscription, {
        subscriptionId: crypto.randomUUID(),
        customer: { phoneNumber: `2547220${String(10_000 + at)}` },
        terms: {
          ...{ packageId, packageName: 'month', dataLimitBytes: null, downKbps: null, upKbps: null, deviceLimit: 1 },
          graceDays: 3,
        },
        routerId: null,
        paidUntilMs: now() + DAY_MS,
      })
    }
    rooms.clock.step(DAY_MS)
    await tick()
    assert.equal(rooms.value("SELECT count(*) FROM subscriptions WHERE state = 'grace'"), 250)
  })
})

describe('a payment finds the subscription', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  it('of the phone that pays', async () => {
    const subscriber = openSubscriber(rooms)
    openSubscriber(rooms, { customer: { phoneNumber: '254722000002' } })
    const purchase = await subscriber.pay()
    assert.equal(subscriber.state, 'active')
    assert.equal(rooms.value("SELECT count(*) FROM subscriptions WHERE state = 'active'"), 1)
    assert.equal(
      rooms.value('SELECT subscription_id FROM subscription_history WHERE payment_id = ?', purchase.paymentId),
      subscriber.subscriptionId,
    )
  })

  it('that the payer named, whoever pays', async () => {
    const subscriber = openSubscriber(rooms)
    const other = openSubscriber(rooms, { customer: { phoneNumber: '254722000002' } })
    await other.pay({ packageId: subscriber.packageId, purpose: { accountNumber: subscriber.row.accountNumber } })
    assert.equal(subscriber.state, 'active')
    assert.equal(other.state, 'disconnected')
  })

  it('that needs it most, when the payer has several of this package', async () => {
    const first = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    const terms = { ...first.grant(), packageId: first.packageId, graceDays: 3 }
    const second = rooms.run(createSubscription, {
      ...{ subscriptionId: crypto.randomUUID(), customer: { phoneNumber: SUBSCRIBER_PHONE }, terms, routerId: null },
    })
    assert.ok(second.outcome === 'created')
    await first.pay()
    const states = openSubscriptionsOf(rooms.db, first.row.customerId).map(({ state }) => state)
    assert.deepEqual(states, ['active', 'active'])
    assert.equal(first.row.paidUntilMs, rooms.clock.nowMs() + DAY_MS)
  })

  it('also when another connection package is paid: it goes on with the new one’s terms', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() })
    const faster = rooms.addPackage({ type: 'pppoe', downKbps: 9000, upKbps: 9000, durationSeconds: MONTH_SECONDS })
    await subscriber.pay({ packageId: faster })
    assert.equal(subscriber.row.packageId, faster)
    assert.equal(subscriber.grant().downKbps, 9000)
    assert.equal(subscriber.row.paidUntilMs, rooms.clock.nowMs() + MONTH_MS)
  })

  it('not when a subscriber buys an hour at the hotspot', async () => {
    const subscriber = openSubscriber(rooms)
    const hour = rooms.addPackage()
    const purchase = await subscriber.pay({ packageId: hour })
    assert.equal(subscriber.state, 'disconnected')
    assert.equal(rooms.value('SELECT count(*) FROM grants WHERE source_id = ?', purchase.paymentId), 1)
  })

  it('that it opens, when somebody new pays for a connection', async () => {
    const packageId = rooms.addPackage({ type: 'pppoe', durationSeconds: MONTH_SECONDS })
    const purchase = openPurchase(rooms, { packageId, phoneNumber: '254733000000', macAddress: null }).prompted()
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    const customer = customerByPhone(rooms.db, '254733000000')
    const [subscription] = customer ? openSubscriptionsOf(rooms.db, customer.id) : []
    assert.equal(subscription?.state, 'active')
    assert.equal(purchase.state, 'FULFILLED')
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    assert.equal(rooms.value('SELECT count(*) FROM subscriptions'), 1)
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('no longer once it was cancelled: the money opens a new one', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    rooms.run(cancelSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'moved away' })
    const purchase = await subscriber.pay()
    assert.equal(subscriber.state, 'cancelled')
    assert.equal(purchase.state, 'FULFILLED')
    assert.equal(rooms.value("SELECT count(*) FROM subscriptions WHERE state = 'active'"), 1)
  })

  it('that was cancelled at that very moment not: nothing is stored, and the job decides again', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    const purchase = openPurchase(rooms, { packageId: subscriber.packageId, macAddress: null }).prompted()
    purchase.paid()
    rooms.run(cancelSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'moved away' })
    const as = { kind: 'subscription', subscriptionId: subscriber.subscriptionId, newForPhone: null } as const
    const before = rooms.snapshot()
    assert.throws(() => rooms.run(deliverPayment, { paymentId: purchase.paymentId, as }), {
      code: 'subscription-cancelled',
    })
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(purchase.state, 'PAID')
  })
})

describe('a customer', () => {
  it('is known once by a phone', () => {
    const rooms = openRooms()
    try {
      const customer = { phoneNumber: SUBSCRIBER_PHONE, name: 'Amina' }
      assert.equal(rooms.run(addCustomer, customer).outcome, 'added')
      assert.equal(rooms.run(addCustomer, customer).outcome, 'phone-taken')
      openSubscriber(rooms, { customer: { phoneNumber: SUBSCRIBER_PHONE } })
      assert.deepEqual(rooms.rows('SELECT name FROM customers'), [{ name: 'Amina' }])
    } finally {
      rooms.close()
    }
  })
})
