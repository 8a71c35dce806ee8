import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { type GrantRow, grantById, grantOf } from '../../src/access/grant-table.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { openProvisional, type ProvisionalAllowance } from '../../src/access/provisional.ts'
import { provisionalGrantOf, provisionalOf } from '../../src/access/provisional-table.ts'
import { recordAccounting } from '../../src/access/sessions.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { giveUpPayments, missDeadline } from '../../src/billing/payment-deadlines.ts'
import { recoverInterrupted } from '../../src/billing/push-attempt.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { knownDevice } from '../../src/http/portal/known-device.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from '../billing/rooms.ts'
import { askAtDoor } from './door.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const TEN_MINUTES: ProvisionalAllowance = { seconds: 600, downKbps: 512, upKbps: 256, siteLimitCents: 10 * PRICE_CENTS }
const PASS: ProvisionalAllowance = { ...TEN_MINUTES, seconds: 180 }

describe('access before the money is known of', () => {
  let rooms: Rooms
  let devices = 0
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const newDevice = () => {
    devices += 1
    return `02:00:00:00:01:${devices.toString(16).padStart(2, '0').toUpperCase()}`
  }
  type Purchase = ReturnType<typeof openPurchase>
  const buy = (change: Parameters<typeof openPurchase>[1] = {}) =>
    openPurchase(rooms, { macAddress: newDevice(), ...change }).prompted()
  /** Ninety seconds have gone, and nobody has said anything. */
  const silent = (purchase: Purchase) => {
    rooms.clock.step(90_000)
    rooms.run(missDeadline, { paymentId: purchase.paymentId })
    return purchase
  }
  const onTrust = ({ paymentId }: Purchase, allowance = TEN_MINUTES) =>
    rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance })
  const checkout = ({ paymentId }: Purchase) =>
    rooms.run(openProvisional, { paymentId, because: 'checkout', allowance: PASS })
  const grant = ({ paymentId }: Purchase): GrantRow => {
    const row = grantById(rooms.db, provisionalOf(rooms.db, paymentId)?.grantId ?? '')
    if (!row) throw new Error('nothing was opened')
    return row
  }
  const comesIn = (purchase: Purchase) => {
    const { username, password, macAddress } = grant(purchase)
    return askAtDoor(rooms, { username, password, macAddress: macAddress ?? undefined }).outcome === 'accept'
  }
  const secondsLeft = (purchase: Purchase) => remainingOf(grant(purchase), rooms.clock.nowMs()).seconds
  const deliver = ({ paymentId }: Purchase) => rooms.run(deliverPayment, { paymentId })
  const silentlyOnTrust = () => {
    const purchase = silent(buy())
    onTrust(purchase)
    return purchase
  }
  const end = () => rooms.run(endOverdueGrants, {})

  it('is short and slow, and nobody is sent a code for it', () => {
    const purchase = silent(buy())
    assert.equal(onTrust(purchase), 'opened')
    assert.ok(comesIn(purchase))
    const { downKbps, upKbps, phoneNumber, deviceLimit } = grant(purchase)
    assert.deepEqual(
      { downKbps, upKbps, phoneNumber, deviceLimit },
      { downKbps: 512, upKbps: 256, phoneNumber: null, deviceLimit: 1 },
    )
    assert.equal(secondsLeft(purchase), 600)
    assert.equal(grantOf(rooms.db, 'payment', purchase.paymentId), undefined)
    assert.deepEqual(
      rooms.jobs().filter(({ name }) => name === 'send-credentials-sms'),
      [],
    )
  })

  it('ends by itself when its minutes are over', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    rooms.clock.step(10 * MINUTE_MS)
    assert.deepEqual(end(), { ended: 1, more: false })
    assert.ok(!comesIn(purchase))
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
  })

  it('is deducted from what was bought when the money shows up, and sessions go on', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    const before = grant(purchase)
    rooms.clock.step(4 * MINUTE_MS)
    purchase.paid()
    deliver(purchase)
    const after = grantOf(rooms.db, 'payment', purchase.paymentId)
    assert.equal(after?.id, before.id)
    assert.equal(after?.username, before.username)
    assert.equal(secondsLeft(purchase), 3600 - 4 * 60)
    assert.deepEqual([after?.downKbps, after?.phoneNumber], [null, purchase.asked.phoneNumber])
    assert.equal(rooms.jobs('apply-access-terms').length, 1)
    assert.equal(provisionalOf(rooms.db, purchase.paymentId)?.state, 'paid')
    assert.equal(provisionalGrantOf(rooms.db, purchase.paymentId, rooms.clock.nowMs()), undefined)
  })

  it('is deducted, too, when the money shows up long after its end', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    rooms.clock.step(10 * MINUTE_MS)
    end()
    rooms.clock.step(5 * HOUR_MS)
    purchase.paid()
    deliver(purchase)
    deliver(purchase)
    assert.ok(comesIn(purchase))
    assert.equal(secondsLeft(purchase), 3600 - 600)
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('counts data that was used on trust', () => {
    const packageId = rooms.addPackage({ dataLimitBytes: 1_000_000 })
    const purchase = silent(buy({ packageId }))
    onTrust(purchase)
    rooms.db.prepare('UPDATE grants SET used_bytes = 300000 WHERE id = ?').run(grant(purchase).id)
    purchase.paid()
    deliver(purchase)
    assert.equal(remainingOf(grant(purchase), rooms.clock.nowMs()).bytes, 700_000)
  })

  it('counts data that was used on trust, too, when what was bought meanwhile is extended by it', () => {
    const packageId = rooms.addPackage({ dataLimitBytes: 1_000_000 })
    const macAddress = newDevice()
    const first = silent(buy({ packageId, macAddress }))
    onTrust(first)
    rooms.db.prepare('UPDATE grants SET used_bytes = 300000 WHERE id = ?').run(grant(first).id)
    rooms.clock.step(10 * MINUTE_MS)
    end()
    const second = buy({ packageId, macAddress, phoneNumber: first.asked.phoneNumber })
    for (const purchase of [second, first]) {
      purchase.paid()
      deliver(purchase)
    }
    const both = grantOf(rooms.db, 'payment', first.paymentId)
    assert.equal(both?.id, grantOf(rooms.db, 'payment', second.paymentId)?.id)
    assert.deepEqual(both && remainingOf(both, rooms.clock.nowMs()), { seconds: 3600 + 3000, bytes: 1_700_000 })
  })

  it('takes no more than half of the data that is bought, so that some is left to pay for', () => {
    const purchase = silent(buy({ packageId: rooms.addPackage({ dataLimitBytes: 1_000_001 }) }))
    onTrust(purchase)
    assert.equal(remainingOf(grant(purchase), rooms.clock.nowMs()).bytes, 500_001)
    assert.equal(grant(silentlyOnTrust()).dataLimitBytes, null)
  })

  it('that an operator has paused goes on when the money comes, and the pause is not charged', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    rooms.clock.step(MINUTE_MS)
    rooms.run(pauseGrant, { grantId: grant(purchase).id, byOperator: true })
    rooms.clock.step(MINUTE_MS)
    purchase.paid()
    deliver(purchase)
    assert.deepEqual([grant(purchase).pausedAtMs, grant(purchase).pausedBy], [null, null])
    assert.ok(comesIn(purchase))
    assert.equal(secondsLeft(purchase), 3600 - 60)
  })

  it('that an operator has let go on again before is not charged for the pause', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    const order = { grantId: grant(purchase).id, byOperator: true }
    rooms.clock.step(MINUTE_MS)
    rooms.run(pauseGrant, order)
    rooms.clock.step(5 * MINUTE_MS)
    rooms.run(continueGrant, order)
    rooms.clock.step(MINUTE_MS)
    purchase.paid()
    deliver(purchase)
    assert.equal(secondsLeft(purchase), 3600 - 120)
  })

  it('never takes more than half of what is bought', () => {
    const purchase = silent(buy({ packageId: rooms.addPackage({ durationSeconds: 600 }) }))
    onTrust(purchase)
    assert.equal(secondsLeft(purchase), 300)
  })

  it('ends at once when M-PESA says that nothing was paid, by callback or when asked, early or late', () => {
    const early = buy()
    assert.equal(checkout(early), 'opened')
    early.failed()
    assert.ok(!comesIn(early))
    const late = silent(buy())
    onTrust(late)
    late.queryFailed()
    late.queryFailed()
    assert.equal(late.state, 'EXPIRED')
    assert.ok(!comesIn(late))
    assert.equal(provisionalOf(rooms.db, late.paymentId)?.state, 'failed')
    assert.equal(
      rooms.facts('payment.failed').filter(({ data }) => 'paymentId' in data && data.paymentId === late.paymentId)
        .length,
      2,
    )
  })

  it('is not opened once M-PESA has said so', () => {
    const purchase = silent(buy())
    purchase.queryFailed()
    assert.equal(onTrust(purchase), 'not-eligible')
    const declined = buy()
    declined.failed()
    assert.equal(checkout(declined), 'not-eligible')
    const paid = buy()
    paid.paid()
    assert.equal(onTrust(paid), 'not-eligible')
  })

  it('money after a failure that was none is credited in full but for what was used', () => {
    const purchase = buy()
    checkout(purchase)
    rooms.clock.step(MINUTE_MS)
    purchase.failed()
    purchase.paid()
    deliver(purchase)
    assert.ok(comesIn(purchase))
    assert.equal(secondsLeft(purchase), 3600 - 60)
  })

  it('is given once to a phone, whatever device it comes with, until it has paid', () => {
    const first = silent(buy())
    onTrust(first)
    const { phoneNumber, packageId } = first.asked
    rooms.clock.step(HOUR_MS)
    end()
    rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() })
    assert.equal(first.state, 'CLOSED_UNPAID')
    const second = buy({ phoneNumber, packageId })
    assert.equal(checkout(second), 'not-paid-before')
    second.paid()
    rooms.clock.step(HOUR_MS)
    const third = buy({ phoneNumber, packageId })
    assert.equal(checkout(third), 'opened')
  })

  it('is given once to a device, whatever phone it names, until it has paid', () => {
    const first = buy()
    checkout(first)
    first.failed()
    const { macAddress, packageId } = first.asked
    const second = buy({ macAddress, packageId })
    assert.equal(checkout(second), 'not-paid-before')
    second.paid()
    deliver(second)
    rooms.clock.step(2 * HOUR_MS)
    end()
    assert.equal(checkout(buy({ macAddress, packageId })), 'opened')
  })

  it('the file itself refuses a second one for a phone or a device that owes', () => {
    const first = buy()
    checkout(first)
    const other = buy()
    checkout(other)
    const move = (column: string, value: string | null) =>
      rooms.db.prepare(`UPDATE provisional_access SET ${column} = ? WHERE payment_id = ?`).run(value, other.paymentId)
    assert.throws(() => move('phone_number', first.asked.phoneNumber), /UNIQUE/)
    assert.throws(() => move('mac_address', first.asked.macAddress), /UNIQUE/)
  })

  it('puts no more at stake than the site can bear to lose at a time', () => {
    const allowance = { ...TEN_MINUTES, seconds: 60, siteLimitCents: 2 * PRICE_CENTS }
    const [first, second, third, fourth] = [silent(buy()), silent(buy()), silent(buy()), silent(buy())] as const
    assert.equal(onTrust(first, allowance), 'opened')
    assert.equal(onTrust(second, allowance), 'opened')
    assert.equal(onTrust(third, allowance), 'site-limit')
    rooms.clock.step(2 * MINUTE_MS)
    assert.equal(end().ended, 2)
    // Their minutes are over; whether they were paid for is still not known.
    assert.equal(onTrust(fourth, allowance), 'site-limit')
    first.paid()
    assert.equal(onTrust(fourth, allowance), 'opened')
  })

  it('a checkout pass goes on when M-PESA stays silent, counted from its beginning, and only once', () => {
    const purchase = buy()
    assert.equal(checkout(purchase), 'opened')
    assert.equal(secondsLeft(purchase), 180)
    silent(purchase)
    assert.equal(onTrust(purchase), 'lengthened')
    assert.equal(secondsLeft(purchase), 600 - 90)
    assert.equal(onTrust(purchase), 'no-change')
    rooms.clock.step(10 * MINUTE_MS)
    end()
    assert.equal(onTrust(purchase), 'not-eligible')
    assert.ok(!comesIn(purchase))
  })

  it('is for access on the spot: no voucher for somebody else, no account, no purchase without a device', () => {
    for (const change of [
      { purpose: { voucherPhoneNumber: '254799999999' } },
      { macAddress: null },
      { packageId: rooms.addPackage({ type: 'pppoe' }) },
    ]) {
      assert.equal(checkout(buy(change)), 'not-eligible')
    }
  })

  it('is not for a device that is online already, nor for one who left long ago', () => {
    const macAddress = newDevice()
    openStay(rooms, { macAddress })
    assert.equal(checkout(buy({ macAddress })), 'already-online')
    const gone = silent(buy())
    rooms.clock.step(HOUR_MS)
    assert.equal(onTrust(gone), 'not-eligible')
  })

  it('is nothing that the portal offers to a device that it knows, until it is paid for', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    const { id, username } = grant(purchase)
    const macAddress = purchase.asked.macAddress ?? ''
    rooms.run(recordAccounting, {
      ...{ routerId: rooms.addRouter(), status: 'start', username, acctSessionId: '80000009', classToken: `${id}.a` },
      ...{ macAddress, framedIpAddress: '10.5.50.9', inputBytes: 0, outputBytes: 0, sessionSeconds: 0 },
      ...{ terminateCause: null, eventAtMs: rooms.clock.nowMs() },
    })
    const known = () => knownDevice(rooms, '10.5.50.9', macAddress)
    assert.equal(known()?.macAddress, macAddress)
    assert.deepEqual([known()?.online, known()?.grant], [false, undefined])
    purchase.paid()
    deliver(purchase)
    assert.deepEqual([known()?.online, known()?.grant?.id], [true, id])
  })

  it('is no package that a voucher could extend', () => {
    const purchase = silent(buy())
    onTrust(purchase)
    const { packageId, macAddress } = purchase.asked
    const made = rooms.run(createVouchers, { packageId, count: 1, prefix: '', expiresAtMs: null, note: '' })
    const code = made.outcome === 'created' ? (made.codes[0] ?? '') : ''
    rooms.run(redeemVoucher, { code, macAddress, routerId: null, deviceIsKnown: true })
    assert.equal(secondsLeft(purchase), 600)
  })

  it('a power cut anywhere leaves it open, ends it on time, and deducts it', () => {
    const purchase = openPurchase(rooms, { macAddress: newDevice() })
    purchase.send()
    rooms.restart()
    rooms.run(recoverInterrupted, {})
    assert.equal(purchase.state, 'UNCERTAIN')
    assert.equal(onTrust(purchase), 'opened')
    rooms.restart()
    assert.equal(onTrust(purchase), 'no-change')
    assert.ok(comesIn(purchase))
    rooms.clock.step(2 * MINUTE_MS)
    purchase.paid()
    rooms.restart()
    deliver(purchase)
    rooms.restart()
    deliver(purchase)
    assert.equal(secondsLeft(purchase), 3600 - 120)
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    assert.equal(rooms.value('SELECT count(*) FROM grant_parts'), 1)
  })
})
