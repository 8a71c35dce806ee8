import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants, revokeGrant } from '../../src/access/end-grant.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { openProvisional } from '../../src/access/provisional.ts'
import { extendSubscription } from '../../src/access/subscription-desk.ts'
import { restoreRenewal, withdrawRenewal } from '../../src/access/subscription-refund.ts'
import { moveDueSubscriptions } from '../../src/access/subscription-times.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'
import { DAY_MS, openSubscriber } from './subscriber.ts'

const MINUTE_MS = 60_000

/** Every order of these. */
function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}

describe('access that the staff revoked', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const revoke = (grantId: string) => rooms.run(revokeGrant, { grantId })
  const pass = (minutes: number) => {
    rooms.clock.step(minutes * MINUTE_MS)
    rooms.run(endOverdueGrants, {})
  }
  const bought = () =>
    openStay(rooms, { source: 'payment', sourceId: crypto.randomUUID(), phoneNumber: '254712345678' })
  const causeOf = ({ order }: ReturnType<typeof bought>) => ({ source: 'payment' as const, sourceId: order.sourceId })
  const again = ({ order }: ReturnType<typeof bought>) => {
    const cause = { source: 'payment' as const, sourceId: crypto.randomUUID() }
    rooms.run(openGrant, { ...order, ...cause, grantId: crypto.randomUUID() })
    return cause
  }
  const secondsLeft = (stay: ReturnType<typeof bought>) => leftOf(rooms.db, stay.grant(), rooms.clock.nowMs()).seconds

  it('stays over, in whatever order refunds of its payments are asked for and dropped', () => {
    const steps = ['refund first', 'refund second', 'drop first', 'drop second', 'revoke'] as const
    const isPossible = (order: (typeof steps)[number][]) =>
      order.indexOf('refund first') < order.indexOf('drop first') &&
      order.indexOf('refund second') < order.indexOf('drop second')
    for (const order of orders(steps).filter(isPossible))
      for (const minutes of [0, 7, 35]) {
        const stay = bought()
        const [first, second] = [causeOf(stay), again(stay)]
        for (const step of order) {
          pass(minutes)
          if (step === 'revoke') revoke(stay.grantId)
          else
            rooms.run(step.startsWith('refund') ? withdrawGrant : restoreGrant, step.endsWith('first') ? first : second)
        }
        const story = `${order.join(', ')}, ${minutes} minutes apart`
        assert.equal(secondsLeft(stay), 0, story)
        assert.notEqual(stay.ask().outcome, 'accept', story)
      }
  })

  it('gets no time of an outage back, also when it had run out by then', () => {
    for (const minutes of [30, 70]) {
      const stay = bought()
      pass(minutes)
      const endedAtMs = rooms.clock.nowMs()
      revoke(stay.grantId)
      const outage = {
        routerId: stay.routerId,
        reason: 'router' as const,
        beganAtMs: endedAtMs - 20 * MINUTE_MS,
        endedAtMs,
      }
      rooms.run(creditOutage, { outage, mostSeconds: 7200 })
      assert.equal(secondsLeft(stay), 0)
    }
  })

  it('before it was paid for is there when the money comes, and again when that is not given back after all', () => {
    const purchase = openPurchase(rooms, { routerId: rooms.addRouter() }).prompted()
    const { paymentId } = purchase
    const allowance = { seconds: 600, downKbps: 512, upKbps: 256, siteLimitCents: 100_000 }
    rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance })
    const grantId = rooms.value('SELECT grant_id FROM provisional_access') as string
    revoke(grantId)
    purchase.paid()
    rooms.run(deliverPayment, { paymentId })
    const isRunning = () => rooms.value('SELECT ended_at_ms FROM grants WHERE id = ?', grantId) === null
    assert.ok(isRunning())
    rooms.run(withdrawGrant, { source: 'payment', sourceId: paymentId })
    rooms.run(restoreGrant, { source: 'payment', sourceId: paymentId })
    assert.ok(isRunning())
  })

  it('before its first day does not begin on it, unless somebody has paid or the desk has given time since', async () => {
    const nowMs = rooms.clock.nowMs()
    const term = { startsAtMs: nowMs + 2 * DAY_MS, paidUntilMs: nowMs + 32 * DAY_MS }
    const open = (last: number) => openSubscriber(rooms, { ...term, customer: { phoneNumber: `25472200000${last}` } })
    const [revoked, paid, given] = [open(2), open(3), open(4)]
    for (const subscriber of [revoked, paid, given]) revoke(subscriber.grant().id)
    await paid.pay()
    const order = { reason: 'a gift', by: 'asha', seconds: 3_600 }
    rooms.run(extendSubscription, { subscriptionId: given.subscriptionId, ...order })
    rooms.clock.step(3 * DAY_MS)
    assert.deepEqual(rooms.run(moveDueSubscriptions, {}), { more: false })
    assert.deepEqual(
      [revoked, paid, given].map((subscriber) => subscriber.isOnlineAllowed()),
      [false, true, true],
    )
    assert.equal(revoked.state, 'disconnected')
    await revoked.pay()
    assert.equal(revoked.isOnlineAllowed(), true)
  })

  it('of a subscription stays over when a payment is not given back after all, until the next', async () => {
    for (const isRevokedFirst of [true, false]) {
      const subscriber = openSubscriber(rooms, { customer: { phoneNumber: `25472200000${Number(isRevokedFirst)}` } })
      const { paymentId } = await subscriber.pay()
      if (isRevokedFirst) revoke(subscriber.grant().id)
      rooms.run(withdrawRenewal, { paymentId })
      if (!isRevokedFirst) revoke(subscriber.grant().id)
      rooms.run(restoreRenewal, { paymentId })
      assert.equal(subscriber.isOnlineAllowed(), false)
      assert.equal(subscriber.state, 'disconnected')
      const later = await subscriber.pay()
      assert.equal(subscriber.isOnlineAllowed(), true)
      rooms.run(withdrawRenewal, { paymentId: later.paymentId })
      rooms.run(restoreRenewal, { paymentId: later.paymentId })
      assert.equal(subscriber.isOnlineAllowed(), true)
    }
  })
})
