import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { packageById } from '../../src/billing/package-table.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { operatorByUsername } from '../../src/staff/operator-table.ts'
import { addOperator, noteFailedSignIn } from '../../src/staff/staff.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from './run-job.ts'

describe('what the clock does by itself', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()

  describe('packages', () => {
    const run = () => runJob(rooms, 'process-scheduled-packages')
    const told = () => rooms.facts('package.status_changed').map(({ data }) => 'active' in data && data.active)

    it('come on sale and go off at their times, each told once', async () => {
      const id = rooms.addPackage({
        scheduledActivationAtMs: now() + HOUR_MS,
        scheduledDeactivationAtMs: now() + 2 * HOUR_MS,
      })
      const active = () => packageById(rooms.db, id)?.active
      assert.equal(active(), 0)
      await run()
      assert.equal(active(), 0)
      rooms.clock.step(HOUR_MS)
      await run()
      await run()
      assert.equal(active(), 1)
      rooms.clock.step(HOUR_MS)
      await run()
      await run()
      assert.equal(active(), 0)
      assert.deepEqual(told(), [true, false])
    })

    it('whose times have both passed do not go up and down every minute', async () => {
      const on = rooms.addPackage({ scheduledDeactivationAtMs: now() + 1, scheduledActivationAtMs: now() + 2 })
      const off = rooms.addPackage({ scheduledActivationAtMs: now() + 1, scheduledDeactivationAtMs: now() + 2 })
      rooms.clock.step(DAY_MS)
      for (let minute = 0; minute < 3; minute++) await run()
      assert.equal(packageById(rooms.db, on)?.active, 1)
      assert.equal(packageById(rooms.db, off)?.active, 0)
      assert.deepEqual(told(), [true])
    })
  })

  describe('an account that is locked', () => {
    it('is free again after its time, and that is told', async () => {
      const added = rooms.run(addOperator, { username: 'amina', passwordHash: 'x', role: 'admin' })
      assert.ok(added.outcome === 'added')
      for (let at = 0; at < 5; at++) rooms.run(noteFailedSignIn, { operatorId: added.operatorId })
      const suspended = () => operatorByUsername(rooms.db, 'amina')?.suspendedUntilMs
      const run = () => runJob(rooms, 'unsuspend-expired-accounts')
      await run()
      assert.ok(suspended())
      rooms.clock.step(HOUR_MS / 2)
      await run()
      await run()
      assert.equal(suspended(), null)
      assert.equal(rooms.facts('account.unsuspended').length, 1)
    })
  })

  describe('vouchers', () => {
    it('that nobody used in time are noted as expired, once, and are refused', async () => {
      const batch = rooms.run(createVouchers, {
        ...{ packageId: rooms.addPackage(), count: 3, prefix: '', expiresAtMs: now() + HOUR_MS, note: '' },
      })
      assert.ok(batch.outcome === 'created')
      const [first = '', second = ''] = batch.codes
      rooms.run(redeemVoucher, { code: first, macAddress: null })
      const run = () => runJob(rooms, 'expire-unused-vouchers')
      await run()
      assert.equal(rooms.facts('voucher.expired').length, 0)
      rooms.clock.step(HOUR_MS)
      await run()
      await run()
      assert.deepEqual(
        rooms.facts('voucher.expired').map(({ data }) => 'unused' in data && data.unused),
        [2],
      )
      assert.equal(rooms.run(redeemVoucher, { code: second, macAddress: null }).outcome, 'expired')
    })
  })

  it('waits while the clock was never set: nothing ends, and what is due ends once it is right', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: now() + DAY_MS })
    const id = rooms.addPackage({ scheduledDeactivationAtMs: now() + 1 })
    rooms.run(createVouchers, {
      ...{ packageId: id, count: 1, prefix: '', expiresAtMs: now() + 1, note: '' },
    })
    rooms.clock.step(2 * DAY_MS)
    const rightMs = now()
    const runAll = async () => {
      for (const name of [
        ...['check-expired-subscriptions', 'process-grace-period', 'process-scheduled-packages'],
        ...['unsuspend-expired-accounts', 'expire-unused-vouchers', 'send-payment-reminders'],
      ])
        await runJob(rooms, name)
    }
    rooms.clock.step(-rightMs)
    const before = rooms.snapshot()
    await runAll()
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(subscriber.state, 'active')
    rooms.clock.step(rightMs)
    await runAll()
    assert.equal(subscriber.state, 'grace')
    assert.equal(packageById(rooms.db, id)?.active, 0)
    assert.equal(rooms.facts('voucher.expired').length, 1)
  })
})
