import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { openProvisional } from '../../src/access/provisional.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { changePackage } from '../../src/billing/packages.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { MAC, openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const DAY_SECONDS = 86_400

describe('access that must be used within a time', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  type Stay = ReturnType<typeof openStay>
  /** Ten hours, to be used within a day. */
  const open = (change: Parameters<typeof openStay>[1] = {}) =>
    openStay(rooms, { durationSeconds: 10 * 3600, validSeconds: DAY_SECONDS, pausable: true, ...change })
  const hold = ({ grantId }: Stay) => rooms.run(pauseGrant, { grantId, byOperator: false })
  const goOn = ({ grantId }: Stay) => rooms.run(continueGrant, { grantId, byOperator: false })
  const hoursLeft = ({ grant }: Stay) => remainingOf(grant(), rooms.clock.nowMs()).seconds / 3600
  const pass = (hours: number) => rooms.clock.step(hours * HOUR_MS)
  const ended = () => rooms.run(endOverdueGrants, {}).ended
  const bought = (change: Parameters<typeof openStay>[1] = {}) =>
    open({ source: 'payment', sourceId: crypto.randomUUID(), phoneNumber: '254712345678', ...change })
  const again = (stay: Stay, change: object = {}) => {
    const cause = { source: 'payment' as const, sourceId: crypto.randomUUID() }
    rooms.run(openGrant, { ...stay.order, ...cause, grantId: crypto.randomUUID(), ...change })
    return cause
  }

  it('ends then by the job of its end, to the second, though it is paused', async () => {
    const stay = open()
    pass(1)
    hold(stay)
    const look = () => runJob(rooms, 'check-expired-sessions', { grantId: stay.grantId })
    const [due] = rooms.jobs('check-expired-sessions')
    assert.equal(due?.run_at_ms, rooms.clock.nowMs() + 9 * HOUR_MS)
    pass(9)
    const waits = await look()
    assert.equal(waits.kind === 'snooze' && waits.delayMs, 14 * HOUR_MS)
    rooms.clock.step(14 * HOUR_MS - 1)
    assert.equal((await look()).kind, 'snooze')
    assert.equal(stay.grant().endedAtMs, null)
    rooms.clock.step(1)
    assert.equal((await look()).kind, 'done')
    assert.deepEqual([stay.grant().endedAtMs, stay.grant().endReason], [rooms.clock.nowMs(), 'time-used'])
    assert.equal(goOn(stay), 'ended')
    const answer = stay.ask()
    assert.equal(answer.outcome === 'reject' && answer.reason, 'time-used')
  })

  it('ends then, though its clock stands still while nobody is online', () => {
    const stay = open({ pausesOffline: true })
    stay.account({ status: 'start' })
    pass(1)
    stay.account({ status: 'stop', sessionSeconds: 3600 })
    pass(22)
    assert.equal(ended(), 0)
    pass(1)
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(ended(), 1)
  })

  it('is kept for ever where no time is said', () => {
    const stay = open({ validSeconds: null })
    hold(stay)
    pass(1000)
    assert.equal(ended(), 0)
    assert.equal(hoursLeft(stay), 10)
  })

  it('goes on after a pause with what was left, but never past it', () => {
    const stay = open()
    hold(stay)
    pass(10)
    assert.equal(hoursLeft(stay), 10)
    goOn(stay)
    assert.equal(hoursLeft(stay), 10)
    hold(stay)
    pass(12)
    assert.equal(hoursLeft(stay), 2)
    goOn(stay)
    assert.equal(hoursLeft(stay), 2)
    pass(2)
    assert.equal(ended(), 1)
  })

  it('is told to RADIUS with what may still be used, and ends by it while its phone is online', () => {
    const stay = open({ pausesOffline: true })
    stay.account({ status: 'start' })
    stay.account({ status: 'stop' })
    pass(23)
    const answer = stay.ask()
    assert.equal(answer.outcome === 'accept' && answer.seconds, 3600)
    stay.account({ status: 'start', acctSessionId: '80000002' })
    assert.equal(hoursLeft(stay), 1)
    assert.ok(rooms.jobs('check-expired-sessions').some(({ run_at_ms }) => run_at_ms <= stay.grant().expiresAtMs))
    pass(1)
    assert.equal(ended(), 1)
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
  })

  it('gets time back after an outage only as far as it may still be used', () => {
    const stay = open({ durationSeconds: DAY_SECONDS - 600 })
    const outage = (minutes: number) => {
      const beganAtMs = rooms.clock.nowMs()
      rooms.clock.step(minutes * MINUTE_MS)
      const told = { routerId: stay.routerId, reason: 'router' as const, beganAtMs, endedAtMs: rooms.clock.nowMs() }
      return rooms.run(creditOutage, { outage: told, mostSeconds: 3600 }).credited
    }
    const useBeforeMs = stay.grant().useBeforeMs
    assert.equal(outage(30), 1)
    assert.equal(stay.grant().expiresAtMs, useBeforeMs)
    assert.equal(rooms.value('SELECT seconds FROM outage_credits'), 600)
    rooms.clock.step(MINUTE_MS)
    assert.equal(outage(30), 0)
    assert.equal(stay.grant().useBeforeMs, useBeforeMs)
  })

  it('does not come back by an outage after its time to use it', () => {
    const stay = open()
    hold(stay)
    const beganAtMs = rooms.clock.nowMs() - MINUTE_MS
    pass(24)
    assert.equal(ended(), 1)
    const outage = { routerId: stay.routerId, reason: 'router' as const, beganAtMs, endedAtMs: rooms.clock.nowMs() }
    assert.equal(rooms.run(creditOutage, { outage, mostSeconds: 3600 }).credited, 0)
    assert.notEqual(stay.grant().endedAtMs, null)
  })

  it('may be used as long again when the same is bought again', () => {
    const stay = bought()
    const first = stay.grant().useBeforeMs
    pass(9)
    again(stay)
    assert.equal(hoursLeft(stay), 11)
    assert.equal(stay.grant().useBeforeMs, rooms.clock.nowMs() + DAY_SECONDS * 1000)
    again(stay, { validSeconds: 11 * 3600 })
    assert.equal(stay.grant().useBeforeMs, (first ?? 0) + 9 * HOUR_MS)
    again(stay, { validSeconds: null })
    assert.equal(stay.grant().useBeforeMs, null)
    again(stay)
    assert.equal(stay.grant().useBeforeMs, null)
  })

  it('takes nothing from who buys ahead and goes on without a break', () => {
    const stay = bought({ durationSeconds: DAY_SECONDS })
    again(stay)
    assert.equal(hoursLeft(stay), 48)
    assert.equal(stay.grant().useBeforeMs, stay.grant().expiresAtMs)
    hold(stay)
    pass(1)
    goOn(stay)
    assert.equal(hoursLeft(stay), 47)
  })

  it('takes nothing from who buys again while its clock stands still, and then goes on without a break', () => {
    for (const pausesOffline of [false, true]) {
      const stay = bought({ durationSeconds: 20 * 3600, pausesOffline })
      stay.account({ status: 'start' })
      if (pausesOffline) stay.account({ status: 'stop' })
      else hold(stay)
      pass(4)
      // Twenty hours are left, and twenty more may be used within the day from now.
      again(stay)
      if (pausesOffline) stay.account({ status: 'start', acctSessionId: '80000002' })
      assert.equal(stay.grant().pausedAtMs, null)
      assert.equal(hoursLeft(stay), 40)
      pass(39)
      assert.equal(ended(), 0)
      assert.equal(hoursLeft(stay), 1)
      pass(1)
      assert.equal(ended(), 1)
    }
  })

  it('gives all that is bought though the time to use what was kept had just run out', () => {
    for (const pausesOffline of [false, true]) {
      const stay = bought({ pausesOffline })
      stay.account({ status: 'start' })
      if (pausesOffline) stay.account({ status: 'stop' })
      else hold(stay)
      pass(25)
      const { source, sourceId } = again(stay, { validSeconds: 10 * 3600 })
      const of = () => grantOf(rooms.db, source, sourceId) ?? stay.grant()
      assert.ok(remainingOf(of(), rooms.clock.nowMs()).seconds >= 10 * 3600)
      pass(9)
      assert.equal(of().endedAtMs, null)
      assert.ok(remainingOf(of(), rooms.clock.nowMs()).seconds > 0)
      pass(100)
      ended()
    }
  })

  it('has as long to be used when what was taken back by mistake stands after all', () => {
    const stay = bought()
    const cause = { source: 'payment' as const, sourceId: stay.order.sourceId }
    pass(1)
    rooms.run(withdrawGrant, cause)
    pass(30)
    rooms.run(restoreGrant, cause)
    assert.equal(hoursLeft(stay), 9)
    hold(stay)
    pass(23)
    assert.equal(ended(), 1)
  })

  it('moves with a clock that is put right', () => {
    const stay = open()
    hold(stay)
    rooms.run(followClockStep, { byMs: 1000 * HOUR_MS })
    pass(1000)
    assert.equal(ended(), 0)
    pass(23)
    assert.equal(hoursLeft(stay), 1)
    pass(1)
    assert.equal(ended(), 1)
  })

  it('is what a payment or a voucher gives, from its first use on, as it was sold', () => {
    const packageId = rooms.addPackage({ validSeconds: DAY_SECONDS })
    const purchase = openPurchase(rooms, { packageId }).prompted()
    purchase.paid()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    const dayAhead = () => rooms.clock.nowMs() + DAY_SECONDS * 1000
    assert.equal(grantOf(rooms.db, 'payment', purchase.paymentId)?.useBeforeMs, dayAhead())
    const batch = rooms.run(createVouchers, { packageId, count: 1, prefix: '', expiresAtMs: null, note: '' })
    pass(100)
    const [code = ''] = batch.outcome === 'created' ? batch.codes : []
    rooms.run(redeemVoucher, { code, macAddress: MAC })
    const useBefore = 'SELECT use_before_ms FROM grants ORDER BY rowid DESC LIMIT 1'
    assert.equal(rooms.value(useBefore), dayAhead())
    const sold = rooms.value(useBefore)
    rooms.run(changePackage, { packageId, change: { validSeconds: null } })
    assert.equal(rooms.value(useBefore), sold)
  })

  it('counts from the first use also where that was on trust', () => {
    const packageId = rooms.addPackage({ validSeconds: DAY_SECONDS })
    const purchase = openPurchase(rooms, { packageId, macAddress: MAC }).prompted()
    const { paymentId } = purchase
    const allowance = { seconds: 600, downKbps: 512, upKbps: 256, siteLimitCents: 10 * PRICE_CENTS }
    assert.equal(rooms.run(openProvisional, { paymentId, because: 'checkout', allowance }), 'opened')
    const begunAtMs = rooms.clock.nowMs()
    rooms.clock.step(5 * MINUTE_MS)
    purchase.paid()
    rooms.run(deliverPayment, { paymentId })
    const grant = grantOf(rooms.db, 'payment', paymentId)
    assert.equal(grant?.useBeforeMs, begunAtMs + DAY_SECONDS * 1000)
    assert.equal(grant?.expiresAtMs, begunAtMs + HOUR_MS)
  })
})
