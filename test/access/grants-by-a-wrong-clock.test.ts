import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { AccessDecision } from '../../src/access/authorize.ts'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { runningGrantOfDevice } from '../../src/access/grant-table.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { extendSubscription } from '../../src/access/subscription-desk.ts'
import { leftOf, remainingOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { closeDays } from '../../src/billing/settlement.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { monotonicMs, neverBefore, systemClock } from '../../src/clock.ts'
import { readClockSource, verdictOn } from '../../src/clock-source.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { isPast, judgeClock, lastKnownMs } from '../../src/flow/time-trust.ts'
import { openSteadyClock } from '../../src/steady-clock.ts'
import { MAC, openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { askAtDoor } from './door.ts'
import { openStay } from './stay.ts'
import { openSubscriber } from './subscriber.ts'

const DAY_MS = 24 * HOUR_MS

describe('a clock that is not trusted', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const distrust = () => rooms.run(judgeClock, { trusted: false, reason: 'test' })
  const trust = () => rooms.run(judgeClock, { trusted: true, reason: 'test' })

  it('judges what is older than this start by the earliest time that it can be; what began since ends to the second', () => {
    const old = openStay(rooms)
    const oldByAddress = () => askAtDoor(rooms, { username: MAC, password: '', macAddress: MAC })
    rooms.clock.step(600_000)
    openPurchase(rooms)
    rooms.clock.step(30 * DAY_MS)
    rooms.restart()
    const other = '02:00:00:00:00:02'
    const young = openStay(rooms, { durationSeconds: 600, macAddress: other })
    distrust()
    const seconds = (decision: AccessDecision) => (decision.outcome === 'accept' ? decision.seconds : decision.outcome)
    assert.deepEqual([seconds(old.ask()), seconds(oldByAddress())], [3000, 3000])
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 0)
    rooms.clock.step(600_000)
    assert.deepEqual([seconds(old.ask()), seconds(oldByAddress())], [2400, 2400])
    assert.equal(seconds(young.ask(undefined, other)), 'reject')
    assert.equal(seconds(askAtDoor(rooms, { username: other, password: '', macAddress: other })), 'reject')
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 1)
    assert.equal(young.grant().endReason, 'time-used')
    // The next start begins under the same clock: what the one before has lasted has passed.
    rooms.clock.step(-DAY_MS)
    rooms.restart()
    assert.equal(seconds(old.ask()), 2400)
    rooms.clock.step(2_400_000)
    assert.equal(seconds(old.ask()), 'reject')
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 1)
  })

  it('judges what an earlier start sold under it by that start’s own time: by what the daemon has run since, however often it starts', () => {
    const powerCut = (offMs: number) => {
      addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
      rooms.clock.step(offMs)
      rooms.restart()
    }
    const seconds = (stay: ReturnType<typeof openStay>, mac?: string) => {
      const decision = stay.ask(undefined, mac)
      return decision.outcome === 'accept' ? decision.seconds : decision.outcome
    }
    const old = openStay(rooms)
    powerCut(365 * DAY_MS)
    distrust()
    const other = '02:00:00:00:00:02'
    const sold = openStay(rooms, { macAddress: other })
    for (const [offMs, left] of [
      [10 * HOUR_MS, 3000],
      [365 * DAY_MS, 2400],
      [10 * HOUR_MS, 1800],
    ] as const) {
      rooms.clock.step(600_000)
      powerCut(offMs)
      assert.deepEqual([seconds(old), seconds(sold, other)], [left, left])
      assert.equal(runningGrantOfDevice(rooms.db, other, rooms.clock.nowMs())?.id, sold.grantId)
      assert.equal(rooms.run(endOverdueGrants, {}).ended, 0)
    }
    rooms.clock.step(1_800_000)
    assert.deepEqual([seconds(old), seconds(sold, other)], ['reject', 'reject'])
    assert.equal(runningGrantOfDevice(rooms.db, other, rooms.clock.nowMs()), undefined)
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 2)
  })

  it('that was trusted in earlier starts gives no time for their power cuts, and takes none', () => {
    rooms.clock.step(10 * HOUR_MS)
    rooms.restart()
    const old = openStay(rooms)
    const soldAtMs = rooms.clock.nowMs()
    rooms.clock.step(10 * HOUR_MS)
    rooms.restart()
    distrust()
    const decision = old.ask()
    assert.equal(decision.outcome === 'accept' && decision.seconds, 3600)
    const at = { db: rooms.db, nowMs: rooms.clock.nowMs() }
    assert.deepEqual([isPast(at, soldAtMs), isPast(at, soldAtMs + 1)], [true, false])
  })

  it('that is trusted again ends what is over', () => {
    const old = openStay(rooms)
    rooms.clock.step(DAY_MS)
    rooms.restart()
    distrust()
    assert.equal(old.ask().outcome, 'accept')
    trust()
    assert.equal(old.ask().outcome, 'reject')
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 1)
  })

  it('that is ahead refuses no voucher for its date', () => {
    const packageId = rooms.addPackage()
    const made = rooms.run(createVouchers, {
      ...{ packageId, count: 2, prefix: '', note: '' },
      expiresAtMs: rooms.clock.nowMs() + DAY_MS,
    })
    const [first = '', second = ''] = made.outcome === 'created' ? made.codes : []
    openPurchase(rooms)
    rooms.clock.step(2 * DAY_MS)
    rooms.restart()
    distrust()
    const ask = (code: string) => askAtDoor(rooms, { username: code, password: code, macAddress: MAC })
    assert.equal(ask(first).outcome, 'redeem')
    assert.equal(rooms.run(redeemVoucher, { code: first, macAddress: MAC }).outcome, 'redeemed')
    trust()
    assert.deepEqual(ask(second), { outcome: 'reject', reason: 'voucher-expired' })
    assert.equal(rooms.run(redeemVoucher, { code: second, macAddress: MAC }).outcome, 'expired')
  })

  it('that is ahead stops the clock of older access that runs only online, and takes nothing when it is put right', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    rooms.clock.step(DAY_MS)
    rooms.restart()
    distrust()
    stay.account({ status: 'start' })
    rooms.clock.step(600_000)
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(1_200_000)
    rooms.run(followClockStep, { byMs: -DAY_MS })
    rooms.clock.step(-DAY_MS)
    trust()
    stay.account({ status: 'start', acctSessionId: '80000002' })
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000)
  })

  it('that is ahead lets access that runs only online stop and go on as often as it likes: nothing is won by it', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    openPurchase(rooms)
    rooms.clock.step(DAY_MS)
    rooms.restart()
    distrust()
    for (const acctSessionId of ['80000001', '80000002', '80000003']) {
      stay.account({ status: 'start', acctSessionId })
      rooms.clock.step(600_000)
      stay.account({ status: 'stop', sessionSeconds: 600, acctSessionId })
      rooms.clock.step(600_000)
    }
    assert.equal(leftOf(rooms.db, stay.grant(), rooms.clock.nowMs()).seconds, 1800)
    rooms.run(followClockStep, { byMs: -DAY_MS })
    rooms.clock.step(-DAY_MS)
    trust()
    stay.account({ status: 'start', acctSessionId: '80000004' })
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 1800)
  })

  it('that is ahead takes nothing from access that runs only online and must be used within a time', () => {
    for (const aheadByMs of [10 * HOUR_MS, 365 * DAY_MS]) {
      const stay = openStay(rooms, { durationSeconds: 3 * 3600, pausesOffline: true, validSeconds: 86_400 })
      openPurchase(rooms)
      rooms.clock.step(aheadByMs)
      rooms.restart()
      distrust()
      const goOnline = (acctSessionId: string) => {
        stay.account({ status: 'start', acctSessionId })
        rooms.clock.step(600_000)
        stay.account({ status: 'stop', sessionSeconds: 600, acctSessionId })
      }
      goOnline('80000001')
      rooms.clock.step(12.5 * HOUR_MS)
      goOnline('80000002')
      const secondsLeft = () => leftOf(rooms.db, stay.grant(), rooms.clock.nowMs()).seconds
      assert.ok(secondsLeft() >= 9_600)
      rooms.run(followClockStep, { byMs: -aheadByMs })
      rooms.clock.step(-aheadByMs)
      trust()
      assert.ok(secondsLeft() >= 9_600)
      assert.equal(stay.grant().useBeforeMs, stay.grant().startsAtMs + DAY_MS)
      assert.equal(stay.ask().outcome, 'accept')
    }
  })

  it('that is put right counts every pause of older access that goes over this start', () => {
    const stay = openStay(rooms, { durationSeconds: 30 * 86_400 })
    rooms.clock.step(3 * HOUR_MS)
    rooms.restart()
    const fromMs = rooms.clock.nowMs()
    rooms.clock.step(HOUR_MS)
    for (const hours of [2, 1]) {
      rooms.db
        .prepare('INSERT INTO grant_pauses (grant_id, began_at_ms, ended_at_ms) VALUES (?, ?, ?)')
        .run(stay.grantId, fromMs - hours * HOUR_MS, rooms.clock.nowMs())
    }
    const { expiresAtMs } = stay.grant()
    rooms.run(followClockStep, { byMs: -HOUR_MS })
    assert.equal(stay.grant().expiresAtMs, expiresAtMs - 2 * HOUR_MS)
  })

  it('closes no day', () => {
    openPurchase(rooms).prompted().paid()
    rooms.clock.step(DAY_MS)
    distrust()
    assert.equal(rooms.run(closeDays, {}).closed, 0)
    trust()
    assert.equal(rooms.run(closeDays, {}).closed, 1)
  })

  it('is told once, and so is its return', () => {
    trust()
    distrust()
    distrust()
    trust()
    assert.deepEqual(
      rooms.facts().flatMap(({ type }) => (type.startsWith('clock.') ? [type] : [])),
      ['clock.uncertain', 'clock.trusted'],
    )
  })

  it('that is put right moves what was sold under it, and judges by it what is older', () => {
    const old = openStay(rooms, { durationSeconds: 86_400 })
    const oldEnd = old.grant().expiresAtMs
    rooms.clock.step(1)
    rooms.restart()
    const young = openStay(rooms)
    rooms.clock.step(600_000)
    for (const byMs of [30 * DAY_MS, -3 * DAY_MS]) {
      rooms.run(followClockStep, { byMs })
      rooms.clock.step(byMs)
      assert.equal(remainingOf(young.grant(), rooms.clock.nowMs()).seconds, 3000)
    }
    assert.equal(old.grant().expiresAtMs, oldEnd)
    assert.equal(remainingOf(old.grant(), rooms.clock.nowMs()).seconds, 0)
  })

  it('that is put right moves the pause of older access with it: the time that was left is left still', () => {
    for (const byMs of [-HOUR_MS, HOUR_MS]) {
      const stay = openStay(rooms, { durationSeconds: 10 * 3600, pausesOffline: true })
      const endsAtMs = stay.grant().expiresAtMs
      rooms.clock.step(1)
      rooms.restart()
      stay.account({ status: 'start' })
      rooms.clock.step(2 * HOUR_MS)
      stay.account({ status: 'stop', sessionSeconds: 7200 })
      const leftMs = endsAtMs - rooms.clock.nowMs() - byMs
      rooms.run(followClockStep, { byMs })
      rooms.clock.step(byMs)
      assert.equal(stay.grant().pausedAtMs, rooms.clock.nowMs())
      stay.account({ status: 'start', acctSessionId: '80000002' })
      assert.equal(stay.grant().expiresAtMs - rooms.clock.nowMs(), leftMs)
    }
  })

  it('that is put right finds out how long access stood still over this start', () => {
    for (const wrongByMs of [-HOUR_MS, HOUR_MS]) {
      const stay = openStay(rooms, { pausesOffline: true })
      stay.account({ status: 'start' })
      rooms.clock.step(600_000)
      stay.account({ status: 'stop', sessionSeconds: 600 })
      rooms.clock.step(2 * HOUR_MS + wrongByMs)
      rooms.restart()
      rooms.clock.step(1)
      stay.account({ status: 'start', acctSessionId: '80000002' })
      rooms.clock.step(600_000)
      rooms.run(followClockStep, { byMs: -wrongByMs })
      rooms.clock.step(-wrongByMs)
      assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 2400)
    }
  })

  it('that is put right finds out how long access was over for a refund that was dropped, though it was believed', () => {
    const stay = openStay(rooms, { source: 'payment', durationSeconds: 86_400 })
    const cause = { source: 'payment', sourceId: stay.order.sourceId } as const
    rooms.clock.step(HOUR_MS)
    rooms.run(withdrawGrant, cause)
    rooms.clock.step(4 * HOUR_MS)
    rooms.restart()
    rooms.clock.step(1)
    rooms.run(restoreGrant, cause)
    rooms.clock.step(HOUR_MS)
    rooms.run(followClockStep, { byMs: -3 * HOUR_MS })
    rooms.clock.step(-3 * HOUR_MS)
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 22 * 3600)
  })

  it('that is set back takes nothing from access that stood still before this start', () => {
    const stay = openStay(rooms, { pausesOffline: true })
    stay.account({ status: 'start' })
    rooms.clock.step(600_000)
    stay.account({ status: 'stop', sessionSeconds: 600 })
    const { expiresAtMs } = stay.grant()
    rooms.clock.step(-HOUR_MS)
    rooms.restart()
    stay.account({ status: 'start', acctSessionId: '80000002' })
    assert.equal(stay.grant().expiresAtMs, expiresAtMs)
  })

  it('that is late extends nothing older: what is bought under it is a grant of its own, and nothing of it is lost', () => {
    const phone = { source: 'payment', phoneNumber: '254712345678' } as const
    const old = openStay(rooms, phone)
    rooms.clock.step(1)
    rooms.restart()
    distrust()
    const { packageId } = old.order
    const young = openStay(rooms, { ...phone, packageId })
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 2)
    rooms.run(openGrant, { ...young.order, sourceId: 'again', grantId: crypto.randomUUID() })
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 2)
    rooms.run(followClockStep, { byMs: DAY_MS })
    rooms.clock.step(DAY_MS)
    assert.equal(remainingOf(young.grant(), rooms.clock.nowMs()).seconds, 7200)
  })

  it('that is put right moves the paid time of a subscription that was renewed under it, as far as none was left', async () => {
    const nowMs = rooms.clock.nowMs()
    const over = openSubscriber(rooms, { paidUntilMs: nowMs + HOUR_MS })
    const ahead = openSubscriber(rooms, { paidUntilMs: nowMs + 20 * DAY_MS, username: 'ahead' })
    rooms.clock.step(2 * HOUR_MS)
    rooms.restart()
    distrust()
    for (const { subscriptionId } of [over, ahead]) {
      rooms.run(extendSubscription, { subscriptionId, reason: 'a gift', seconds: 30 * 86_400 })
    }
    rooms.run(followClockStep, { byMs: 2 * DAY_MS })
    rooms.clock.step(2 * DAY_MS)
    assert.equal(over.row.paidUntilMs, rooms.clock.nowMs() + 30 * DAY_MS)
    assert.equal(over.grant().expiresAtMs, rooms.clock.nowMs() + 33 * DAY_MS)
    assert.equal(ahead.row.paidUntilMs, nowMs + 50 * DAY_MS)
    assert.equal(ahead.grant().expiresAtMs, nowMs + 53 * DAY_MS)
  })

  it('is never earlier than what is written down', () => {
    openPurchase(rooms)
    assert.equal(lastKnownMs(rooms.db), rooms.clock.nowMs())
  })

  it('is not known by what a clock wrote down that was ahead and has been set back', () => {
    rooms.clock.step(3 * HOUR_MS)
    rooms.restart()
    addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
    rooms.run(followClockStep, { byMs: -3 * HOUR_MS })
    rooms.clock.step(-3 * HOUR_MS)
    assert.ok(lastKnownMs(rooms.db) <= rooms.clock.nowMs())
  })
})

describe('the writer’s time', () => {
  it('is held at what is known until the network has set the clock, and then leaps to it as after a step', () => {
    let isSet = false
    neverBefore(Date.now() + DAY_MS, () => isSet)
    const clock = openSteadyClock(systemClock, monotonicMs)
    assert.ok(clock.nowMs() >= Date.now() + DAY_MS - 1_000)
    assert.equal(clock.pendingStepMs(), 0)
    isSet = true
    assert.ok(Math.abs(clock.pendingStepMs() + DAY_MS) < 1_000)
    isSet = false
    assert.ok(systemClock.nowMs() < Date.now() + 1_000, 'what has proved wrong holds nothing any more')
  })

  it('follows drift, holds at a step, and leaps only when told to', () => {
    let wallMs = 1_000_000
    let monotonicMs = 500
    const clock = openSteadyClock({ nowMs: () => wallMs, after: () => () => {} }, () => monotonicMs)
    const pass = (ms: number) => {
      wallMs += ms
      monotonicMs += ms
    }
    pass(1000)
    assert.equal(clock.nowMs(), 1_001_000)
    wallMs += 1500
    assert.equal(clock.nowMs(), 1_002_500)
    for (const step of [DAY_MS, -2 * DAY_MS]) {
      const before = clock.nowMs()
      wallMs += step
      pass(10)
      assert.equal(clock.nowMs(), before + 10)
      assert.equal(clock.pendingStepMs(), step)
      clock.adopt()
      assert.equal(clock.nowMs(), wallMs)
      assert.equal(clock.pendingStepMs(), 0)
    }
  })

  it('is believed when the network has set it, or when nothing speaks against it', () => {
    const dir = mkdtempSync(join(tmpdir(), 'mlango-clock-'))
    const timesync = join(dir, 'timesync')
    assert.equal(readClockSource(timesync), 'unknown')
    mkdirSync(timesync)
    assert.equal(readClockSource(timesync), 'unsynchronized')
    writeFileSync(join(timesync, 'synchronized'), '')
    assert.equal(readClockSource(timesync), 'synchronized')
    rmSync(dir, { recursive: true })
    const trusted = (...asked: Parameters<typeof verdictOn>) => verdictOn(...asked).trusted
    assert.deepEqual(
      [
        trusted('synchronized', 1, 2),
        trusted('unknown', 2, 2),
        trusted('unknown', 1, 2),
        trusted('unsynchronized', 3, 2),
      ],
      [true, true, false, false],
    )
  })
})
