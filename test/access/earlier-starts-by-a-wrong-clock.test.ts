import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { followClockStep, followEarlierStarts } from '../../src/access/follow-clock.ts'
import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { prunePauses } from '../../src/access/pause-history.ts'
import { openProvisional } from '../../src/access/provisional.ts'
import { provisionalOf } from '../../src/access/provisional-table.ts'
import { extendSubscription, suspendSubscription } from '../../src/access/subscription-desk.ts'
import { leftOf, remainingOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { missDeadline } from '../../src/billing/payment-deadlines.ts'
import { undecidedOfPhone } from '../../src/billing/undecided-payment.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { judgeClock, lastKnownMs } from '../../src/flow/time-trust.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'
import { openSubscriber } from './subscriber.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS
const MONTH_SECONDS = 30 * 86_400

describe('what was done while the clock was wrong, and not believed', () => {
  let rooms: Rooms
  let devices: number
  beforeEach(() => {
    rooms = openRooms()
    devices = 0
  })
  afterEach(() => rooms.close())

  type Stay = ReturnType<typeof openStay>
  const open = (change: Parameters<typeof openStay>[1] = {}) => {
    devices += 1
    return openStay(rooms, {
      pausable: true,
      durationSeconds: 86_400,
      macAddress: `02:00:00:00:01:0${devices}`,
      ...change,
    })
  }
  const hold = ({ grantId }: Stay) => rooms.run(pauseGrant, { grantId, byOperator: false })
  const goOn = ({ grantId }: Stay) => rooms.run(continueGrant, { grantId, byOperator: false })
  const withdraw = ({ order: { source, sourceId } }: Stay) => rooms.run(withdrawGrant, { source, sourceId })
  const restore = ({ order: { source, sourceId } }: Stay) => rooms.run(restoreGrant, { source, sourceId })
  const renew = ({ subscriptionId }: { subscriptionId: string }) =>
    rooms.run(extendSubscription, { subscriptionId, reason: 'paid at the desk', seconds: MONTH_SECONDS })
  const write = () => addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
  const judge = (trusted: boolean) => rooms.run(judgeClock, { trusted, reason: 'test' })
  const pass = (ms: number) => {
    rooms.clock.step(ms)
    write()
  }
  /** The daemon starts again, by a clock that is so much later and that nobody vouches for. */
  const startAgain = (laterMs = 0) => {
    rooms.clock.step(laterMs)
    rooms.restart()
    judge(false)
  }
  /** The network sets the clock while the daemon runs. */
  const putRight = (byMs: number) => {
    rooms.run(followClockStep, { byMs })
    rooms.clock.step(byMs)
    judge(true)
  }
  const hoursLeft = ({ grant }: Stay) => remainingOf(grant(), rooms.clock.nowMs()).seconds / 3600
  const daysPaid = ({ row }: ReturnType<typeof openSubscriber>) =>
    ((row.paidUntilMs ?? 0) - rooms.clock.nowMs()) / DAY_MS

  const ways: [string, () => void][] = [
    ['in the same start', () => putRight(-YEAR_MS)],
    [
      'in the next',
      () => {
        startAgain()
        putRight(-YEAR_MS)
      },
    ],
    [
      'in the one after',
      () => {
        startAgain()
        startAgain()
        putRight(-YEAR_MS)
      },
    ],
    [
      'before the next',
      () => {
        rooms.clock.step(-YEAR_MS)
        rooms.restart()
        rooms.run(followEarlierStarts, {})
        rooms.run(followEarlierStarts, {})
        judge(true)
      },
    ],
    [
      'before the next, whose power goes at once',
      () => {
        rooms.clock.step(-YEAR_MS)
        rooms.restart()
        rooms.restart()
        rooms.run(followEarlierStarts, {})
        judge(true)
      },
    ],
  ]
  for (const [when, right] of ways) {
    it(`is worth what it was sold for when a clock that was a year ahead is put right ${when}`, () => {
      const beganAtMs = rooms.clock.nowMs()
      const paid = openSubscriber(rooms, { paidUntilMs: beganAtMs + 20 * DAY_MS })
      const over = openSubscriber(rooms, { username: 'over' })
      const halted = openSubscriber(rooms, { username: 'halted', paidUntilMs: beganAtMs + 20 * DAY_MS })
      const held = open()
      const lifted = open()
      const liftedInTime = open({ validSeconds: 30 * 86_400 })
      hold(lifted)
      hold(liftedInTime)
      pass(HOUR_MS)
      rooms.run(suspendSubscription, { subscriptionId: halted.subscriptionId, reason: 'on holiday' })
      startAgain(YEAR_MS)
      const sold = open()
      const soldAndHeld = open({ validSeconds: 30 * 86_400 })
      for (const subscription of [paid, over, halted]) renew(subscription)
      const purchase = openPurchase(rooms).prompted()
      pass(2 * HOUR_MS)
      hold(held)
      hold(soldAndHeld)
      goOn(lifted)
      goOn(liftedInTime)
      pass(3 * HOUR_MS)
      right()
      assert.deepEqual([held, lifted, liftedInTime, sold, soldAndHeld].map(hoursLeft), [21, 21, 21, 19, 22])
      goOn(held)
      goOn(soldAndHeld)
      assert.deepEqual([held, soldAndHeld].map(hoursLeft), [21, 22])
      assert.equal(daysPaid(paid), 50 - 6 / 24)
      assert.equal(daysPaid(over), 30 - 5 / 24)
      assert.equal(over.grant().expiresAtMs, (over.row.paidUntilMs ?? 0) + 3 * DAY_MS)
      assert.equal(halted.row.paidUntilMs, beganAtMs + 50 * DAY_MS)
      assert.equal(purchase.row.createdAtMs, rooms.clock.nowMs() - 5 * HOUR_MS)
      assert.ok(lastKnownMs(rooms.db) <= rooms.clock.nowMs())
    })
  }

  it('keeps what was left of it when a clock that was behind is put right in a later start', () => {
    startAgain()
    const sold = open()
    const soldAndHeld = open()
    const month = openSubscriber(rooms)
    renew(month)
    pass(3 * HOUR_MS)
    hold(soldAndHeld)
    pass(HOUR_MS)
    startAgain()
    pass(HOUR_MS)
    putRight(240 * DAY_MS)
    assert.deepEqual([sold, soldAndHeld].map(hoursLeft), [19, 21])
    assert.equal(daysPaid(month), 30 - 5 / 24)
  })

  it('stays as it is where the clock was right and only a later start’s was ahead', () => {
    startAgain()
    const [sold, held] = [open(), open()]
    const month = openSubscriber(rooms)
    renew(month)
    pass(HOUR_MS)
    hold(held)
    const before = [sold.grant(), held.grant(), month.row]
    startAgain(YEAR_MS)
    pass(HOUR_MS)
    putRight(-YEAR_MS)
    assert.deepEqual([sold.grant(), held.grant(), month.row], before)
    assert.deepEqual([sold, held].map(hoursLeft), [22, 23])
  })

  it('loses nothing when the clock leapt ahead more than once', () => {
    startAgain(YEAR_MS)
    const sold = open()
    pass(HOUR_MS)
    startAgain(2 * YEAR_MS)
    const later = open()
    pass(HOUR_MS)
    putRight(-3 * YEAR_MS)
    assert.deepEqual([sold, later].map(hoursLeft), [22, 23])
  })

  for (const offMs of [0, 6 * MINUTE_MS, 8 * HOUR_MS])
    it(`does not keep its customer from buying for a year, also after ${offMs / MINUTE_MS} minutes without power`, () => {
      startAgain(YEAR_MS)
      const first = openPurchase(rooms).prompted()
      pass(MINUTE_MS)
      startAgain(offMs)
      putRight(-YEAR_MS)
      rooms.clock.step(HOUR_MS + offMs)
      const { phoneNumber } = first.asked
      openPurchase(rooms, { phoneNumber }).prompted().failed()
      assert.equal(undecidedOfPhone(rooms.db, phoneNumber), undefined)
    })

  it('has what was left when it was stopped by a clock that leapt ahead, however long there was no power later', () => {
    const old = open({ durationSeconds: 480 * 3600 })
    pass(HOUR_MS)
    startAgain()
    const young = open({ durationSeconds: 480 * 3600 })
    pass(HOUR_MS)
    startAgain(YEAR_MS)
    for (const stay of [old, young]) hold(stay)
    pass(HOUR_MS)
    startAgain(8 * HOUR_MS)
    pass(HOUR_MS)
    putRight(-YEAR_MS)
    assert.deepEqual([old, young].map(hoursLeft), [478, 479])
  })

  it('has what was left when it was stopped by a clock that was an hour ahead, and there was no power for longer later', () => {
    const sold = open({ durationSeconds: 480 * 3600 })
    pass(HOUR_MS)
    startAgain(3 * HOUR_MS)
    hold(sold)
    pass(HOUR_MS)
    startAgain(8 * HOUR_MS)
    putRight(-HOUR_MS)
    assert.equal(hoursLeft(sold), 479)
  })

  for (const offMs of [0, 8 * HOUR_MS])
    it(`has what was left when a clock that was ahead stopped it twice in one start, and there was no power for ${offMs / HOUR_MS} hours later`, () => {
      const [stopped, runs] = [open({ durationSeconds: 480 * 3600 }), open({ durationSeconds: 480 * 3600 })]
      pass(HOUR_MS)
      startAgain(3 * HOUR_MS)
      for (const stay of [stopped, runs]) hold(stay)
      pass(HOUR_MS)
      for (const stay of [stopped, runs]) goOn(stay)
      pass(HOUR_MS)
      hold(stopped)
      pass(HOUR_MS)
      startAgain(offMs)
      putRight(-HOUR_MS)
      assert.deepEqual([stopped, runs].map(hoursLeft), [478, 475 - offMs / HOUR_MS])
    })

  it('wins nothing when it goes on in one start of such a clock and is stopped again in the next', () => {
    const sold = open({ durationSeconds: 480 * 3600 })
    hold(sold)
    startAgain(YEAR_MS + 8 * HOUR_MS)
    goOn(sold)
    pass(HOUR_MS)
    startAgain(8 * HOUR_MS)
    hold(sold)
    startAgain(8 * HOUR_MS)
    putRight(-YEAR_MS)
    assert.equal(hoursLeft(sold), 479)
  })

  it('moves back, also in the last hours of a clock that was ahead by a few and is set before the next start', () => {
    startAgain(3 * HOUR_MS)
    pass(2 * HOUR_MS)
    const early = open()
    pass(6 * HOUR_MS)
    const late = open()
    const purchase = openPurchase(rooms).prompted()
    pass(2 * HOUR_MS)
    rooms.clock.step(-3 * HOUR_MS)
    rooms.restart()
    rooms.restart()
    rooms.run(followEarlierStarts, {})
    judge(true)
    assert.deepEqual([early, late].map(hoursLeft), [16, 22])
    assert.equal(purchase.row.createdAtMs, rooms.clock.nowMs() - 2 * HOUR_MS)
  })

  const clocks: [string, number, () => void][] = [
    ['ahead by a year', YEAR_MS, () => putRight(-YEAR_MS)],
    ['right, after two hours without power', 2 * HOUR_MS, () => judge(true)],
    ['behind, by two hours without power', 0, () => putRight(2 * HOUR_MS)],
  ]
  for (const [how, laterMs, right] of clocks) {
    it(`gives who was let in on trust what is left of an hour when the money comes by a clock that is ${how}`, () => {
      const purchase = openPurchase(rooms).prompted()
      const { paymentId } = purchase
      pass(90_000)
      rooms.run(missDeadline, { paymentId })
      const allowance = { seconds: 600, downKbps: 512, upKbps: 256, siteLimitCents: 10 * PRICE_CENTS }
      rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance })
      pass(MINUTE_MS)
      startAgain(laterMs)
      pass(MINUTE_MS)
      purchase.paid()
      rooms.run(deliverPayment, { paymentId })
      right()
      const grant = grantById(rooms.db, provisionalOf(rooms.db, paymentId)?.grantId ?? '') as GrantRow
      assert.equal(remainingOf(grant, rooms.clock.nowMs()).seconds, 3600 - 120)
    })

    it(`has the time of an outage again that is told by a clock that is ${how}`, () => {
      const stay = open({ durationSeconds: 3600 })
      pass(30 * MINUTE_MS)
      const outage = { routerId: stay.routerId, reason: 'router', beganAtMs: rooms.clock.nowMs() } as const
      pass(40 * MINUTE_MS)
      rooms.run(endOverdueGrants, {})
      assert.equal(stay.grant().endReason, 'time-used')
      startAgain(laterMs)
      pass(MINUTE_MS)
      const endedAtMs = outage.beganAtMs + 40 * MINUTE_MS
      rooms.run(creditOutage, { outage: { ...outage, endedAtMs }, mostSeconds: 3600 })
      right()
      assert.equal(hoursLeft(stay), 0.5)
    })

    it(`keeps the time of an outage that is told by a clock that is ${how}, also when it stands still after`, () => {
      const stay = open({ durationSeconds: 3600, pausesOffline: true })
      stay.account({ status: 'start' })
      pass(30 * MINUTE_MS)
      const outage = { routerId: stay.routerId, reason: 'router', beganAtMs: rooms.clock.nowMs() } as const
      pass(40 * MINUTE_MS)
      rooms.run(endOverdueGrants, {})
      startAgain(laterMs)
      pass(MINUTE_MS)
      const endedAtMs = outage.beganAtMs + 40 * MINUTE_MS
      rooms.run(creditOutage, { outage: { ...outage, endedAtMs }, mostSeconds: 3600 })
      pass(10 * MINUTE_MS)
      stay.account({ status: 'stop', sessionSeconds: 80 * 60 })
      pass(HOUR_MS)
      right()
      assert.equal(hoursLeft(stay), 20 / 60)
    })

    it(`loses nothing to a refund that is dropped by a clock that is ${how}`, () => {
      const asked = open({ source: 'payment' })
      pass(HOUR_MS)
      withdraw(asked)
      pass(HOUR_MS)
      startAgain(laterMs)
      pass(HOUR_MS)
      restore(asked)
      right()
      assert.equal(hoursLeft(asked), 23)
    })
  }

  for (const [how, laterMs, right] of clocks) {
    it(`wins nothing by an outage in which its refund is dropped by a clock that is ${how}`, () => {
      const asked = open({ source: 'payment' })
      pass(HOUR_MS)
      withdraw(asked)
      pass(HOUR_MS)
      startAgain(laterMs)
      const outage = { routerId: asked.routerId, reason: 'router', beganAtMs: rooms.clock.nowMs() } as const
      pass(HOUR_MS)
      restore(asked)
      pass(HOUR_MS)
      rooms.run(creditOutage, { outage: { ...outage, endedAtMs: rooms.clock.nowMs() }, mostSeconds: 4 * 3600 })
      right()
      assert.equal(hoursLeft(asked), 23)
    })

    it(`gets no used time back, however often its refund is dropped by a clock that is ${how}`, () => {
      const asked = open({ source: 'payment' })
      pass(6 * HOUR_MS)
      withdraw(asked)
      startAgain(laterMs)
      for (let times = 0; times < 3; times += 1) {
        restore(asked)
        pass(HOUR_MS)
        withdraw(asked)
      }
      restore(asked)
      right()
      assert.equal(hoursLeft(asked), 15)
    })
  }

  for (const validSeconds of [null, 30 * 86_400])
    it(`has what was left${validSeconds ? ' of a time to use it' : ''} though its pauses seem to have been over long ago`, () => {
      const stay = open({ durationSeconds: 10 * 86_400, validSeconds })
      const busy = open({ durationSeconds: 10 * 86_400 })
      hold(stay)
      startAgain(YEAR_MS)
      goOn(stay)
      pass(HOUR_MS)
      for (const minutes of [2, 3]) {
        hold(stay)
        pass(minutes * MINUTE_MS)
        goOn(stay)
      }
      const nowMs = rooms.clock.nowMs()
      rooms.db
        .prepare(
          `INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT ?, ?, ? FROM n`,
        )
        .run(busy.grantId, nowMs - 2, nowMs - 1)
      startAgain(YEAR_MS)
      rooms.run(prunePauses, { limit: 1_000 })
      putRight(-2 * YEAR_MS)
      assert.equal(hoursLeft(stay), 239)
    })

  for (const told of ['before', 'after'])
    it(`gets the time of an outage back, though told by a clock that is a year ahead and ${told} it would have run out`, () => {
      const stay = open({ durationSeconds: 3600 })
      pass(30 * MINUTE_MS)
      startAgain(YEAR_MS)
      pass(MINUTE_MS)
      const outage = { routerId: stay.routerId, reason: 'router', beganAtMs: rooms.clock.nowMs() } as const
      pass(told === 'before' ? 10 * MINUTE_MS : 40 * MINUTE_MS)
      rooms.run(endOverdueGrants, {})
      rooms.run(creditOutage, { outage: { ...outage, endedAtMs: rooms.clock.nowMs() }, mostSeconds: 3600 })
      pass(MINUTE_MS)
      putRight(-YEAR_MS)
      assert.equal(hoursLeft(stay), 28 / 60)
    })

  for (const ahead of [true, false])
    it(`comes back with what was left of it when its refund is dropped by a clock that ${ahead ? 'is' : 'was'} ahead`, () => {
      const [asked, askedLater] = [open({ source: 'payment' }), open({ source: 'payment', validSeconds: 30 * 86_400 })]
      pass(HOUR_MS)
      withdraw(asked)
      pass(HOUR_MS)
      startAgain(YEAR_MS)
      const young = open({ source: 'payment' })
      pass(HOUR_MS)
      for (const stay of [askedLater, young]) withdraw(stay)
      pass(HOUR_MS)
      if (!ahead) putRight(-YEAR_MS)
      const openedAtMs = askedLater.grant().startsAtMs
      for (const stay of [asked, askedLater, young]) restore(stay)
      if (ahead) putRight(-YEAR_MS)
      assert.deepEqual([asked, askedLater, young].map(hoursLeft), [23, 21, 23])
      assert.equal((askedLater.grant().useBeforeMs ?? 0) - openedAtMs, 30 * DAY_MS + HOUR_MS)
    })

  for (const validSeconds of [null, 30 * 86_400])
    it(`has what is left of it when a clock that is ahead stops it${validSeconds ? ', with a time to use it' : ''}, and comes back with that when its refund is dropped`, () => {
      const asked = open({ source: 'payment', validSeconds })
      pass(HOUR_MS)
      startAgain(YEAR_MS)
      hold(asked)
      const shown = () => leftOf(rooms.db, asked.grant(), rooms.clock.nowMs()).seconds / 3600
      assert.equal(shown(), 23)
      pass(HOUR_MS)
      assert.equal(shown(), 23)
      withdraw(asked)
      pass(HOUR_MS)
      restore(asked)
      assert.equal(shown(), 23)
      goOn(asked)
      pass(HOUR_MS)
      assert.ok(shown() >= 22)
      putRight(-YEAR_MS)
      assert.equal(hoursLeft(asked), 22)
    })

  it('lasts no longer for having been stopped over a start, also when no clock is ever believed', () => {
    const asked = open()
    hold(asked)
    startAgain(8 * HOUR_MS)
    goOn(asked)
    pass(23 * HOUR_MS)
    assert.equal(leftOf(rooms.db, asked.grant(), rooms.clock.nowMs()).seconds, 3600)
    startAgain(8 * HOUR_MS)
    pass(HOUR_MS)
    rooms.run(endOverdueGrants, {})
    assert.equal(asked.grant().endReason, 'time-used')
  })

  it('has what was left when a clock that is ahead let it go on and its refund is dropped', () => {
    const asked = open({ source: 'payment' })
    hold(asked)
    startAgain(YEAR_MS)
    goOn(asked)
    pass(HOUR_MS)
    withdraw(asked)
    pass(HOUR_MS)
    restore(asked)
    putRight(-YEAR_MS)
    assert.equal(hoursLeft(asked), 23)
  })

  it('has what was left when its refund was asked for by a clock that was ahead, however long there was no power then', () => {
    const [asked, stopped] = [open({ source: 'payment' }), open({ source: 'payment' })]
    pass(HOUR_MS)
    startAgain(YEAR_MS)
    hold(stopped)
    for (const stay of [asked, stopped]) withdraw(stay)
    pass(HOUR_MS)
    startAgain(8 * HOUR_MS)
    putRight(-YEAR_MS)
    for (const stay of [asked, stopped]) restore(stay)
    assert.deepEqual([asked, stopped].map(hoursLeft), [23, 23])
  })

  it('does not end early when it began, was stopped and went on in three starts of a clock that is ahead', () => {
    startAgain(YEAR_MS)
    const asked = open()
    startAgain(YEAR_MS)
    hold(asked)
    startAgain(MINUTE_MS)
    goOn(asked)
    pass(HOUR_MS)
    rooms.run(endOverdueGrants, {})
    assert.equal(leftOf(rooms.db, asked.grant(), rooms.clock.nowMs()).seconds / 3600, 23)
    putRight(-2 * YEAR_MS)
    assert.equal(hoursLeft(asked), 23)
  })

  it('stands still when a clock that is ahead stopped it before, let it go on, and its customer goes offline then', () => {
    const stay = open({ pausesOffline: true })
    stay.account({ status: 'start' })
    pass(HOUR_MS)
    startAgain(YEAR_MS)
    hold(stay)
    pass(HOUR_MS)
    goOn(stay)
    pass(HOUR_MS)
    stay.account({ status: 'stop', sessionSeconds: 3 * 3600 })
    pass(3 * HOUR_MS)
    putRight(-YEAR_MS)
    assert.equal(hoursLeft(stay), 22)
  })

  it('moves the time of a suspended subscription no further than its suspension', () => {
    const halted = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + HOUR_MS })
    rooms.run(suspendSubscription, { subscriptionId: halted.subscriptionId, reason: 'on holiday' })
    pass(10 * DAY_MS)
    startAgain()
    pass(HOUR_MS)
    renew(halted)
    const { paidUntilMs } = halted.row
    putRight(10_000)
    assert.equal(halted.row.paidUntilMs, paidUntilMs)
  })
})
