import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { followClockStep, followEarlierStarts } from '../../src/access/follow-clock.ts'
import { grantById } from '../../src/access/grant-table.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { openProvisional } from '../../src/access/provisional.ts'
import { silentSessions } from '../../src/access/session-table.ts'
import { noteSessionSilent } from '../../src/access/sessions.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runWaiting } from '../jobs/run-job.ts'
import { noteLook } from './router-look.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * 24 * HOUR_MS

describe('an outage while the clock is wrong, and not believed', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const judge = (trusted: boolean) => rooms.run(judgeClock, { trusted, reason: 'test' })
  const pass = (minutes: number) => {
    rooms.clock.step(minutes * MINUTE_MS)
    addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
    rooms.run(endOverdueGrants, {})
  }
  /** The daemon starts again, by a clock that is so much later and that nobody vouches for. */
  const startAgain = (laterMs: number) => {
    rooms.clock.step(laterMs)
    rooms.restart()
    judge(false)
  }
  const lastMinutes = (routerId: number, minutes: number) => {
    const endedAtMs = rooms.clock.nowMs()
    return { routerId, reason: 'router', beganAtMs: endedAtMs - minutes * MINUTE_MS, endedAtMs } as const
  }
  const credit = (outage: ReturnType<typeof lastMinutes>) => rooms.run(creditOutage, { outage, mostSeconds: 7200 })
  const minutesLeft = (grantId: string) => {
    const grant = grantById(rooms.db, grantId)
    return grant && leftOf(rooms.db, grant, rooms.clock.nowMs()).seconds / 60
  }

  it('gives back what was lost in a start before, though that one’s clock was wrong, too', () => {
    const stay = openStay(rooms)
    pass(10)
    startAgain(YEAR_MS)
    pass(20)
    const outage = lastMinutes(stay.routerId, 20)
    startAgain(YEAR_MS)
    credit(outage)
    assert.equal(minutesLeft(stay.grantId), 50)
  })

  it('gives back what was lost on trust, though that is paid for in a later start before', () => {
    const routerId = rooms.addRouter()
    const purchase = openPurchase(rooms, { routerId }).prompted()
    const { paymentId } = purchase
    const allowance = { seconds: 600, downKbps: 512, upKbps: 256, siteLimitCents: 100_000 }
    rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance })
    pass(5)
    const outage = lastMinutes(routerId, 5)
    startAgain(YEAR_MS)
    purchase.paid()
    rooms.run(deliverPayment, { paymentId })
    const grantId = rooms.value('SELECT grant_id FROM provisional_access') as string
    assert.equal(minutesLeft(grantId), 55)
    credit(outage)
    assert.equal(minutesLeft(grantId), 60)
  })

  const ways: [string, () => void][] = [
    [
      'while the daemon runs',
      () => {
        rooms.run(followClockStep, { byMs: -YEAR_MS })
        rooms.clock.step(-YEAR_MS)
      },
    ],
    [
      'before the next start',
      () => {
        rooms.clock.step(-YEAR_MS)
        rooms.restart()
        rooms.run(followEarlierStarts, {})
      },
    ],
  ]
  for (const [when, right] of ways)
    it(`stays given at the next pause when the clock is set back ${when}, and is given once`, () => {
      const stay = openStay(rooms, { pausesOffline: true })
      stay.account({ status: 'start' })
      startAgain(YEAR_MS)
      pass(20)
      const outage = lastMinutes(stay.routerId, 20)
      credit(outage)
      assert.equal(minutesLeft(stay.grantId), 60)
      right()
      judge(true)
      credit(outage)
      pass(5)
      stay.account({ status: 'stop', sessionSeconds: 25 * 60 })
      pass(5)
      assert.equal(minutesLeft(stay.grantId), 55)
    })

  const look = (routerId: number, online: boolean) => noteLook(rooms, routerId, online)
  const outagePolicy = { credit: true, threshold_minutes: 10, most_minutes: 240 }

  for (const [when, right] of ways)
    it(`is given back though the clock is set back ${when} before its turn comes`, async () => {
      const stay = openStay(rooms)
      look(stay.routerId, true)
      pass(5)
      startAgain(YEAR_MS)
      const later = openStay(rooms, { routerId: stay.routerId, macAddress: '02:00:00:00:00:02' })
      look(stay.routerId, false)
      pass(20)
      look(stay.routerId, true)
      right()
      judge(true)
      for (const _twice of [1, 2]) await runWaiting(rooms, 'credit-outage', { outagePolicy })
      assert.deepEqual([minutesLeft(stay.grantId), minutesLeft(later.grantId)], [55, 60])
    })

  for (const [when, right] of ways)
    it(`that goes on over a start is as long as it was when the clock is set back ${when} before its turn comes`, async () => {
      const stay = openStay(rooms, { durationSeconds: 24 * 3600 })
      look(stay.routerId, true)
      pass(5)
      look(stay.routerId, false)
      pass(10)
      startAgain(YEAR_MS)
      pass(10)
      look(stay.routerId, true)
      right()
      judge(true)
      await runWaiting(rooms, 'credit-outage', { outagePolicy })
      assert.equal(minutesLeft(stay.grantId), 24 * 60 - 5)
    })

  it('that goes on over a start waits for the network to set the clock, and gives back the time without power, too', async () => {
    const stay = openStay(rooms, { durationSeconds: 24 * 3600 })
    look(stay.routerId, true)
    pass(5)
    look(stay.routerId, false)
    pass(3)
    // Two hours without power, of which the box knows nothing.
    startAgain(0)
    pass(3)
    look(stay.routerId, true)
    const credit = () => runWaiting(rooms, 'credit-outage', { outagePolicy })
    assert.equal((await credit())[0]?.kind, 'snooze')
    rooms.run(followClockStep, { byMs: 2 * HOUR_MS })
    rooms.clock.step(2 * HOUR_MS)
    judge(true)
    assert.equal((await credit())[0]?.kind, 'done')
    assert.equal(minutesLeft(stay.grantId), 24 * 60 - 5)
  })

  it('that goes on over a start by a clock that nobody believes gives back no more than the time with power', async () => {
    const stay = openStay(rooms, { durationSeconds: 24 * 3600 })
    look(stay.routerId, true)
    pass(5)
    look(stay.routerId, false)
    pass(10)
    startAgain(YEAR_MS)
    pass(10)
    look(stay.routerId, true)
    pass(10)
    await runWaiting(rooms, 'credit-outage', { outagePolicy })
    assert.equal(minutesLeft(stay.grantId), 24 * 60 - 15)
  })

  it('that goes on over a start by a clock that nobody believes gives nothing back for what was paused in it', async () => {
    const stay = openStay(rooms, { durationSeconds: 24 * 3600 })
    const order = { grantId: stay.grantId, byOperator: true }
    look(stay.routerId, true)
    look(stay.routerId, false)
    pass(10)
    startAgain(YEAR_MS)
    rooms.run(pauseGrant, order)
    pass(10)
    rooms.run(continueGrant, order)
    pass(10)
    look(stay.routerId, true)
    pass(10)
    await runWaiting(rooms, 'credit-outage', { outagePolicy })
    assert.equal(minutesLeft(stay.grantId), 24 * 60 - 10)
  })

  it('stays given at a pause by a clock that is ahead', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    stay.account({ status: 'start' })
    pass(5)
    startAgain(YEAR_MS)
    pass(20)
    credit(lastMinutes(stay.routerId, 20))
    pass(5)
    stay.account({ status: 'stop', sessionSeconds: 30 * 60 })
    assert.equal(minutesLeft(stay.grantId), 50)
  })

  it('or none leaves access that runs only online what it has when it stops by a clock that is a little ahead', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    stay.account({ status: 'start' })
    pass(5)
    startAgain(10 * MINUTE_MS)
    pass(20)
    stay.account({ status: 'stop', sessionSeconds: 25 * 60 })
    pass(5)
    assert.equal(minutesLeft(stay.grantId), 35)
    rooms.run(followClockStep, { byMs: -10 * MINUTE_MS })
    rooms.clock.step(-10 * MINUTE_MS)
    judge(true)
    assert.equal(minutesLeft(stay.grantId), 35)
  })

  it('is taken off by a pause that is told later, though the clock has leapt a year ahead since', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    stay.account({ status: 'start' })
    pass(5)
    pass(10)
    const told = lastMinutes(stay.routerId, 10)
    startAgain(YEAR_MS)
    credit(told)
    assert.equal(minutesLeft(stay.grantId), 55)
    rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: rooms.clock.nowMs() })
    assert.equal(minutesLeft(stay.grantId), 60)
  })

  for (const [when, right] of ways)
    it(`or none: who fell silent by a clock that is set back ${when} stands still since`, () => {
      const stay = openStay(rooms, { pausesOffline: true })
      startAgain(YEAR_MS)
      stay.account({ status: 'start' })
      pass(10)
      stay.account({ status: 'interim', sessionSeconds: 600 })
      pass(5)
      right()
      judge(true)
      pass(15)
      assert.deepEqual(silentSessions(rooms.db, rooms.clock.nowMs() - 10 * MINUTE_MS, 10).length, 1)
      rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: rooms.clock.nowMs() })
      assert.equal(minutesLeft(stay.grantId), 50)
    })

  it('or none: who was heard of in the moment at which the clock is set ahead falls silent like others', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    stay.account({ status: 'start' })
    pass(10)
    // The thread that hears of it goes by the machine's clock at once, and the one that writes a moment later.
    stay.account({ status: 'interim', sessionSeconds: 600, eventAtMs: rooms.clock.nowMs() + YEAR_MS })
    rooms.run(followClockStep, { byMs: YEAR_MS })
    rooms.clock.step(YEAR_MS)
    pass(15)
    assert.equal(silentSessions(rooms.db, rooms.clock.nowMs() - 10 * MINUTE_MS, 10).length, 1)
    rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: rooms.clock.nowMs() })
    assert.equal(minutesLeft(stay.grantId), 50)
  })
})
