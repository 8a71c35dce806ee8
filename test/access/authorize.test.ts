import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { resumeGrant } from '../../src/access/resume.ts'
import { noteGivesWay, noteSessionExpired } from '../../src/access/sessions.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { MAC } from '../billing/purchase.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { askAtDoor, INTERIM_SECONDS } from './door.ts'
import { openStay } from './stay.ts'

const OTHER = '02:00:00:00:00:0B'

describe('the door', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const ask = (username: string, password: string, macAddress: string | undefined = MAC) => {
    const answer = askAtDoor(rooms, { username, password, macAddress })
    return answer.outcome === 'reject' ? answer.reason : answer.outcome
  }

  describe('with a voucher', () => {
    function voucher(expiresAtMs: number | null = null): string {
      const batch = rooms.run(createVouchers, {
        ...{ packageId: rooms.addPackage(), count: 1, prefix: 'AB', expiresAtMs, note: '' },
      })
      assert.ok(batch.outcome === 'created')
      return batch.codes[0] ?? ''
    }

    it('asks for the redemption first, by the code typed twice, once, or as people write it', () => {
      const code = voucher()
      const written = `${code.slice(0, 2).toLowerCase()}-${code.slice(2, 6)} ${code.slice(6)}`
      for (const [username, password] of [
        [code, code],
        [code, ''],
        [written, written],
        [written, code],
      ] as const)
        assert.deepEqual(askAtDoor(rooms, { username, password, macAddress: MAC }), { outcome: 'redeem', code })
      assert.equal(ask(code, 'something else'), 'wrong-code')
      assert.equal(rooms.value("SELECT count(*) FROM vouchers WHERE state <> 'unused'"), 0)
    })

    it('lets in with what is left once it is redeemed, again and again until the time is up', () => {
      const code = voucher()
      rooms.run(redeemVoucher, { code, macAddress: MAC })
      rooms.clock.step(60_000)
      const answer = askAtDoor(rooms, { username: code, password: '', macAddress: MAC })
      assert.ok(answer.outcome === 'accept')
      assert.equal(answer.seconds, 3540)
      rooms.clock.step(3_600_000)
      assert.equal(ask(code, code), 'time-used')
    })

    it('says of a voucher that is too old or withdrawn why it is refused', () => {
      const old = voucher(rooms.clock.nowMs() + 1000)
      const withdrawn = voucher()
      rooms.clock.step(1000)
      rooms.db.prepare("UPDATE vouchers SET state = 'revoked' WHERE code = ?").run(withdrawn)
      assert.equal(ask(old, ''), 'voucher-expired')
      assert.equal(ask(withdrawn, ''), 'voucher-revoked')
      assert.equal(ask(withdrawn, 'wrong'), 'wrong-code')
    })
  })

  describe('by the device’s address', () => {
    it('knows the device that a running grant was opened for, in every spelling that RouterOS has', () => {
      const stay = openStay(rooms)
      const digits = MAC.replaceAll(':', '')
      for (const name of [
        MAC,
        MAC.toLowerCase(),
        MAC.replaceAll(':', '-'),
        digits,
        digits.toLowerCase(),
        `${digits.slice(0, 6)}-${digits.slice(6)}`,
        `${digits.slice(0, 6)}:${digits.slice(6)}`,
        `${digits.slice(0, 4)}.${digits.slice(4, 8)}.${digits.slice(8)}`,
      ]) {
        assert.equal(ask(name, ''), 'accept', name)
        assert.equal(ask(name, name), 'accept', name)
        assert.equal(ask(name, 'a password'), 'unknown-device', name)
      }
      rooms.clock.step(3_600_000)
      assert.equal(ask(MAC, ''), 'unknown-device')
      assert.equal(stay.grant().endedAtMs, null)
    })

    it('asks a subscriber who is called as his box’s address for his password', () => {
      const box = '02:00:00:00:00:0E'
      openStay(rooms, { username: box, password: 'his own', macAddress: null })
      assert.equal(ask(box, 'his own', box), 'accept')
      assert.equal(ask(box, 'another', box), 'wrong-code')
      assert.equal(ask(box, '', box), 'unknown-device')
      assert.equal(ask(box, 'his own', OTHER), 'accept')
    })

    it('knows a second device that was online with the grant, and no stranger', () => {
      const stay = openStay(rooms, { deviceLimit: 2 })
      assert.equal(ask(OTHER, '', OTHER), 'unknown-device')
      stay.account({ status: 'stop', macAddress: OTHER })
      assert.equal(ask(OTHER, '', OTHER), 'accept')
    })

    it('lets nobody in by somebody else’s address', () => {
      openStay(rooms)
      assert.equal(ask(MAC, '', OTHER), 'wrong-code')
      const unnamed = askAtDoor(rooms, { username: MAC, password: '', macAddress: undefined })
      assert.deepEqual(unnamed, { outcome: 'reject', reason: 'wrong-code' })
    })
  })

  describe('while others are online', () => {
    it('keeps a further device out, lets the same one come again, and the next one in after it has left', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start' })
      assert.equal(stay.ask(undefined, OTHER).outcome, 'reject')
      assert.equal(ask(stay.grant().username, stay.grant().password, OTHER), 'too-many-devices')
      assert.equal(stay.ask().outcome, 'accept')
      stay.account({ status: 'stop' })
      assert.equal(stay.ask(undefined, OTHER).outcome, 'accept')
    })

    it('counts a device once, however many sessions of it are open', () => {
      const stay = openStay(rooms, { deviceLimit: 2 })
      stay.account({ status: 'start', classToken: `${stay.grantId}.a` })
      stay.account({ status: 'start', classToken: `${stay.grantId}.b`, routerId: rooms.addRouter() })
      assert.equal(stay.ask(undefined, OTHER).outcome, 'accept')
    })

    it('does not wait for a session of which nothing is heard any more', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start' })
      rooms.clock.step(3 * INTERIM_SECONDS * 1000)
      assert.equal(stay.ask(undefined, OTHER).outcome, 'reject')
      rooms.clock.step(60_000)
      assert.equal(stay.ask(undefined, OTHER).outcome, 'accept')
      stay.account({ status: 'interim' })
      assert.equal(stay.ask(undefined, OTHER).outcome, 'reject')
    })

    it('does not wait for the stop of a session that was told to go', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start' })
      const sessionId = rooms.value('SELECT id FROM sessions') as number
      rooms.run(noteSessionExpired, { sessionId, outcome: 'disconnected' })
      assert.equal(stay.ask(undefined, OTHER).outcome, 'accept')
    })

    it('keeps the place of the device to which the access is moved from the one that was taken off for it', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start' })
      rooms.run(resumeGrant, { grantId: stay.grantId, macAddress: OTHER })
      rooms.run(enqueueJob, { name: 'create-hotspot-user', payload: { grantId: stay.grantId } })
      rooms.run(noteGivesWay, { sessionId: rooms.value('SELECT id FROM sessions') as number })
      stay.account({ status: 'stop' })
      assert.equal(ask(MAC, ''), 'too-many-devices')
      assert.equal(ask(OTHER, '', OTHER), 'accept')
      assert.equal(stay.ask().outcome, 'accept')
      // It never came.
      rooms.db.exec("DELETE FROM jobs WHERE name = 'create-hotspot-user'")
      assert.equal(ask(MAC, ''), 'accept')
    })

    it('and from no other, however long its router cannot be reached: who bought it may be gone', () => {
      const stay = openStay(rooms)
      assert.equal(stay.ask(undefined, OTHER).outcome, 'accept')
      stay.account({ status: 'start', macAddress: OTHER })
      stay.account({ status: 'stop', macAddress: OTHER })
      assert.equal(rooms.jobs('create-hotspot-user').length, 1)
      assert.equal(ask(OTHER, '', OTHER), 'accept')
    })

    it('nor once it has come in again by itself', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start', macAddress: OTHER })
      rooms.run(noteGivesWay, { sessionId: rooms.value('SELECT id FROM sessions') as number })
      stay.account({ status: 'stop', macAddress: OTHER })
      assert.equal(ask(OTHER, '', OTHER), 'too-many-devices')
      stay.account({ status: 'start', macAddress: OTHER, acctSessionId: '80000002', classToken: `${stay.grantId}.b` })
      assert.equal(ask(OTHER, '', OTHER), 'accept')
    })

    it('counts a device without an address against everybody', () => {
      const stay = openStay(rooms)
      stay.account({ status: 'start', macAddress: null })
      assert.equal(stay.ask().outcome, 'reject')
    })
  })

  it('says wrong for a name that nobody has, after comparing all the same', () => {
    assert.equal(ask('nobody', 'x'), 'wrong-code')
  })
})
