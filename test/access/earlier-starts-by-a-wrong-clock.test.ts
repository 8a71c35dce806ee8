import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { followClockStep, followEarlierStarts } from '../../src/access/follow-clock.ts'
import { remainingOf } from '../../src/access/grant-table.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { extendSubscription, suspendSubscription } from '../../src/access/subscription-desk.ts'
import { undecidedOfPhone } from '../../src/billing/undecided-payment.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { judgeClock, lastKnownMs } from '../../src/flow/time-trust.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
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
  ]
  for (const [when, right] of ways) {
    it(`is worth what it was sold for when a clock that was a year ahead is put right ${when}`, () => {
      const beganAtMs = rooms.clock.nowMs()
      const paid = openSubscriber(rooms, { paidUntilMs: beganAtMs + 20 * DAY_MS })
      const over = openSubscriber(rooms, { username: 'over' })
      const halted = openSubscriber(rooms, { username: 'halted', paidUntilMs: beganAtMs + 20 * DAY_MS })
      const held = open()
      const lifted = open()
      hold(lifted)
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
      pass(3 * HOUR_MS)
      right()
      assert.deepEqual([held, lifted, sold, soldAndHeld].map(hoursLeft), [21, 21, 19, 22])
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

  it('does not keep its customer from buying for a year', () => {
    startAgain(YEAR_MS)
    const first = openPurchase(rooms).prompted()
    pass(MINUTE_MS)
    startAgain()
    putRight(-YEAR_MS)
    rooms.clock.step(HOUR_MS)
    const { phoneNumber } = first.asked
    openPurchase(rooms, { phoneNumber }).prompted().failed()
    assert.equal(undecidedOfPhone(rooms.db, phoneNumber), undefined)
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
