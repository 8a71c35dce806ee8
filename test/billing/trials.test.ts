import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { grantById, grantOf } from '../../src/access/grant-table.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import { addPackage, changePackage } from '../../src/billing/packages.ts'
import { type PaymentRequest, requestPayment } from '../../src/billing/request-payment.ts'
import { askAtDoor } from '../access/door.ts'
import { MAC, openPurchase, PHONE } from './purchase.ts'
import { openRooms, type Rooms } from './rooms.ts'

const OTHER_MAC = '02:00:00:00:00:99'
const OTHER_PHONE = '254700000099'

describe('a package that costs nothing', () => {
  let rooms: Rooms
  let packageId: number
  beforeEach(() => {
    rooms = openRooms()
    packageId = rooms.addPackage({ priceCents: 0, durationSeconds: 900 })
  })
  afterEach(() => rooms.close())

  const ask = (change: Partial<PaymentRequest> = {}) =>
    rooms.run(requestPayment, {
      ...{
        phoneNumber: PHONE,
        packageId,
        macAddress: MAC,
        routerId: null,
        clientKey: null,
        timeZone: 'Africa/Nairobi',
      },
      ...change,
    })

  it('is given in the same commit, without M-PESA and without an SMS', () => {
    const outcome = ask()
    assert.ok(outcome.outcome === 'requested')
    assert.equal(outcome.state, 'PAID')
    const grant = grantOf(rooms.db, 'payment', outcome.paymentId)
    assert.ok(grant)
    const answer = askAtDoor(rooms, { ...grant, macAddress: MAC })
    assert.deepEqual(answer.outcome === 'accept' && answer.seconds, 900)
    assert.deepEqual(
      rooms.jobs().map(({ name }) => name),
      ['create-hotspot-user', 'check-expired-sessions'],
    )
    assert.equal(rooms.value('SELECT count(*) FROM payments'), 0)
    assert.equal(grant.phoneNumber, null)
    assert.equal(rooms.facts('trial.given').length, 1)
    assert.ok(!JSON.stringify(rooms.facts()).includes(PHONE.slice(3)))
  })

  it('is given once for each phone and once for each device, also long after', () => {
    ask()
    const before = rooms.snapshot()
    assert.equal(ask().outcome, 'trial-used')
    assert.equal(ask({ macAddress: OTHER_MAC }).outcome, 'trial-used')
    assert.equal(ask({ phoneNumber: OTHER_PHONE }).outcome, 'trial-used')
    assert.deepEqual(rooms.snapshot(), before)
    rooms.clock.step(400 * 86_400_000)
    rooms.restart()
    assert.equal(ask({ phoneNumber: OTHER_PHONE }).outcome, 'trial-used')
    assert.equal(ask({ phoneNumber: OTHER_PHONE, macAddress: OTHER_MAC }).outcome, 'requested')
  })

  it('lets in the device that asked for it, and no other, whoever types the code', () => {
    const outcome = ask()
    const grant = outcome.outcome === 'requested' && grantOf(rooms.db, 'payment', outcome.paymentId)
    assert.ok(grant)
    const at = (macAddress: string | undefined) => {
      const answer = askAtDoor(rooms, { ...grant, macAddress })
      return answer.outcome === 'reject' ? answer.reason : answer.outcome
    }
    assert.equal(at(MAC), 'accept')
    assert.equal(at(OTHER_MAC), 'other-device')
    assert.equal(at(undefined), 'other-device')
    assert.equal(rooms.run(resumeGrant, { grantId: grant.id, macAddress: OTHER_MAC }).outcome, 'other-device')
    assert.equal(grantById(rooms.db, grant.id)?.macAddress, MAC)
    assert.equal(rooms.run(resumeGrant, { grantId: grant.id, macAddress: MAC }).outcome, 'resumed')
  })

  it('is another one when the operator offers another one', () => {
    ask()
    assert.equal(ask({ packageId: rooms.addPackage({ priceCents: 0 }) }).outcome, 'requested')
  })

  it('with one key is one trial, whose repeat is answered as the first time', () => {
    const first = ask({ clientKey: 'k' })
    const again = ask({ clientKey: 'k' })
    assert.deepEqual({ ...again, outcome: 'requested', byKey: false }, first)
    assert.equal(ask({ clientKey: 'k', macAddress: OTHER_MAC }).outcome, 'key-reused')
    assert.equal(ask({ clientKey: 'k', packageId: rooms.addPackage() }).outcome, 'key-reused')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('goes to a device, not to somebody else, and only where its router is known', () => {
    assert.equal(ask({ macAddress: null }).outcome, 'trial-needs-device')
    assert.equal(ask({ purpose: { voucherPhoneNumber: OTHER_PHONE } }).outcome, 'trial-needs-device')
    assert.equal(ask({ routerId: 77 }).outcome, 'unknown-router')
    rooms.run(changePackage, { packageId, change: { active: 0 } })
    assert.equal(ask().outcome, 'unknown-package')
    assert.equal(rooms.value('SELECT count(*) FROM trials'), 0)
  })

  it('does not wait for a prompt that is open on the phone, and bars no purchase', () => {
    openPurchase(rooms, { phoneNumber: PHONE }).prompted()
    assert.equal(ask().outcome, 'requested')
    assert.equal(ask({ packageId: rooms.addPackage(), phoneNumber: OTHER_PHONE }).outcome, 'requested')
  })

  it('is nothing that the day’s books miss money for', () => {
    ask()
    assert.deepEqual(dayReport(rooms.db, new Date(rooms.clock.nowMs()).toISOString().slice(0, 10)).exceptions, [])
  })

  it('is held to once by the file itself, and never forgotten', () => {
    ask()
    const insert = (id: string, phone: string, mac: string) =>
      rooms.db
        .prepare(
          `INSERT INTO trials (id, package_id, phone_number, mac_address, currency, created_at_ms) VALUES (?, ?, ?, ?, 'KES', 1)`,
        )
        .run(id, packageId, phone, mac)
    assert.throws(() => insert('a', PHONE, OTHER_MAC), /UNIQUE/)
    assert.throws(() => insert('b', OTHER_PHONE, MAC), /UNIQUE/)
    assert.throws(() => rooms.db.exec('DELETE FROM trials'), /never forgotten/)
    assert.throws(() => rooms.db.exec("UPDATE trials SET phone_number = '254700000001'"), /never changes/)
    assert.throws(() => rooms.db.exec("UPDATE packages SET type = 'pppoe'"), /only a hotspot package/)
  })

  it('is never a PPPoE one', () => {
    const pppoeId = rooms.addPackage({ type: 'pppoe' })
    assert.equal(
      rooms.run(changePackage, { packageId: pppoeId, change: { priceCents: 0 } }).outcome,
      'only-hotspot-free',
    )
    const free = {
      name: 'x',
      description: '',
      type: 'pppoe',
      priceCents: 0,
      currency: 'KES',
      durationSeconds: 60,
    } as const
    const rest = { dataLimitBytes: null, downKbps: null, upKbps: null, deviceLimit: 1, hidden: 0 } as const
    assert.equal(rooms.run(addPackage, { ...free, ...rest }).outcome, 'only-hotspot-free')
  })
})
