import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { grantById, grantOf } from '../../src/access/grant-table.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { withdrawGrant } from '../../src/access/withdraw.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { createVouchers, redeemVoucher } from '../../src/billing/vouchers.ts'
import { rateLimitText } from '../../src/radius/rate-limit-text.ts'
import { MAC, openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { askAtDoor } from './door.ts'
import { openStay } from './stay.ts'
import { openSubscriber } from './subscriber.ts'

const GB = 1_000_000_000

describe('buying again', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const bought = (change: Parameters<typeof openStay>[1] = {}) =>
    openStay(rooms, { source: 'payment', sourceId: crypto.randomUUID(), phoneNumber: '254712345678', ...change })
  const again = (stay: ReturnType<typeof openStay>, change: object = {}) => {
    const order = { ...stay.order, sourceId: crypto.randomUUID(), grantId: crypto.randomUUID(), ...change }
    return { ...rooms.run(openGrant, order), sourceId: order.sourceId }
  }

  it('goes on from what is left, to the second, under the same code', () => {
    const stay = bought()
    rooms.clock.step(HOUR_MS - 1000)
    const { outcome, sourceId } = again(stay)
    assert.equal(outcome, 'extended')
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3601)
    assert.equal(grantOf(rooms.db, 'payment', sourceId)?.id, stay.grantId)
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    rooms.clock.step(3_600_000)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 0, more: false })
    rooms.clock.step(1000)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 1, more: false })
  })

  it('adds its data to what is left', () => {
    const stay = bought({ dataLimitBytes: GB })
    stay.account({ status: 'interim', inputBytes: GB / 4 })
    again(stay)
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).bytes, GB * 1.75)
  })

  it('lifts the fair-use speed until what was bought more is used too', () => {
    const stay = bought({ terms: { fairUseBytes: GB, fairUseDownKbps: 500 } })
    stay.account({ status: 'interim', inputBytes: GB })
    assert.notEqual(termsOfGrant(rooms.db, stay.grantId)?.throttledAtMs, null)
    again(stay)
    assert.equal(termsOfGrant(rooms.db, stay.grantId)?.throttledAtMs, null)
    stay.account({ status: 'interim', inputBytes: 2 * GB })
    assert.notEqual(termsOfGrant(rooms.db, stay.grantId)?.throttledAtMs, null)
  })

  it('lets what its holder had stopped go on, however long ago that was: who has paid is online', () => {
    for (const stoppedMs of [600_000, 5 * HOUR_MS]) {
      const stay = bought({ pausable: true })
      rooms.clock.step(600_000)
      rooms.run(pauseGrant, { grantId: stay.grantId, byOperator: false })
      rooms.clock.step(stoppedMs)
      assert.equal(again(stay).outcome, 'extended')
      assert.equal(stay.ask().outcome, 'accept')
      assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000 + 3600)
      assert.equal(rooms.facts('access.extended').length, rooms.facts('access.paused').length)
    }
  })

  it('adds to what stands still because nobody is online, and starts nothing', () => {
    const stay = bought({ pausesOffline: true })
    stay.account({ status: 'start' })
    rooms.clock.step(600_000)
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(5 * HOUR_MS)
    assert.equal(again(stay).outcome, 'extended')
    rooms.clock.step(HOUR_MS)
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 0)
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000 + 3600)
  })

  describe('what was sold under other terms and stands still', () => {
    const terms = { ...{ fairUseBytes: GB, fairUseDownKbps: 500, fairUseUpKbps: 500 }, addressList: 'guests' }
    const sold = { ...{ downKbps: 2000, upKbps: 1000, deviceLimit: 1 }, pausable: true, terms }
    const sinceThen: [string, object][] = [
      ['the speed down', { downKbps: 4000 }],
      ['the speed up', { upKbps: null }],
      ['the number of devices', { deviceLimit: 3 }],
      ['its clock may stop', { pausable: false }],
      ['fair use is gone', { terms: { ...terms, fairUseBytes: null } }],
      ['the fair-use speed', { terms: { ...terms, fairUseDownKbps: 600 } }],
      ['what the router knows', { terms: { ...terms, addressList: null } }],
      ['all terms are gone', { terms: undefined }],
    ]
    const stops: [string, boolean, (stay: ReturnType<typeof openStay>) => void][] = [
      ['by its holder', false, ({ grantId }) => rooms.run(pauseGrant, { grantId, byOperator: false })],
      ['as nobody is online', true, (stay) => stay.account({ status: 'stop', sessionSeconds: 600 })],
    ]
    for (const [how, pausesOffline, stop] of stops) {
      const stopped = () => {
        const stay = bought({ ...sold, pausesOffline })
        stay.account({ status: 'start' })
        rooms.clock.step(600_000)
        stop(stay)
        rooms.clock.step(600_000)
        return stay
      }
      const changes = [
        ...sinceThen,
        ['its clock runs only online, or always', { pausesOffline: !pausesOffline }] as const,
      ]
      for (const [what, change] of changes) {
        it(`${how} stays as it is (${what}): what is sold now is an access of its own, and online at once`, () => {
          const stay = stopped()
          const before = stay.grant()
          const { outcome, sourceId } = again(stay, change)
          assert.equal(outcome, 'opened')
          const { expiresAtMs, id } = grantOf(rooms.db, 'payment', sourceId) ?? before
          assert.equal(expiresAtMs, rooms.clock.nowMs() + HOUR_MS)
          const arrival = askAtDoor(rooms, { username: MAC, password: '', macAddress: MAC })
          assert.equal(arrival.outcome === 'accept' && arrival.grant.id, id)
          assert.deepEqual(stay.grant(), before)
          assert.equal(again(stay, change).outcome, 'extended', 'and is what the next one extends')
          assert.equal(again(stay).outcome, 'extended', 'as the old one is under its own terms')
          assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000 + 3600)
        })
      }
      it(`${how} goes on under the same terms, however often more was bought`, () => {
        const stay = stopped()
        assert.equal(again(stay).outcome, 'extended')
        stop(stay)
        assert.equal(again(stay).outcome, 'extended')
      })
    }
  })

  it('extends what runs though other terms are sold now: beside another its time would be lost', () => {
    const stay = bought({ downKbps: 2000 })
    rooms.clock.step(600_000)
    assert.equal(again(stay, { downKbps: 4000 }).outcome, 'extended')
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000 + 3600)
    assert.equal(again(stay, { dataLimitBytes: GB }).outcome, 'opened', 'but data that was free is not limited')
  })

  describe('what runs, when the package has changed since', () => {
    const slow = {
      ...{ downKbps: 2000, upKbps: 1000, deviceLimit: 1, pausable: false, pausesOffline: false },
      terms: { fairUseBytes: GB, fairUseDownKbps: 300, fairUseUpKbps: 300, addressList: 'guests' },
    }
    const fast = {
      ...{ downKbps: 4000, upKbps: null, deviceLimit: 3, pausable: true, pausesOffline: true },
      terms: { burstDownKbps: 8000, burstSeconds: 10, addressList: 'others' },
    }
    const told = (stay: ReturnType<typeof openStay>) => {
      const { downKbps, upKbps, deviceLimit, pausable, pausesOffline } = stay.grant()
      const { burstDownKbps, fairUseBytes, fairUseDownKbps, throttledAtMs, addressList } =
        termsOfGrant(rooms.db, stay.grantId) ?? {}
      return [
        ...[downKbps, upKbps, deviceLimit, pausable, pausesOffline],
        ...[burstDownKbps, fairUseBytes, fairUseDownKbps, throttledAtMs, addressList],
      ]
    }

    it('to something better, has that from now on, and is told so while it is online', () => {
      const stay = bought(slow)
      stay.account({ status: 'start' })
      stay.account({ status: 'interim', inputBytes: GB })
      assert.notEqual(termsOfGrant(rooms.db, stay.grantId)?.throttledAtMs, null)
      rooms.db.exec("DELETE FROM jobs WHERE name = 'apply-access-terms'")
      assert.equal(again(stay, fast).outcome, 'extended')
      assert.deepEqual(told(stay), [4000, null, 3, 1, 1, 8000, null, null, null, 'guests'])
      assert.equal(rooms.jobs('apply-access-terms').length, 1)
      const answer = stay.ask()
      assert.ok(answer.outcome === 'accept' && answer.terms)
      assert.equal(rateLimitText(answer.grant, answer.terms), '0k/4000k 0k/8000k 0k/4000k 10/20')
    })

    it('to something worse, keeps what was shown when it was bought', () => {
      const stay = bought(fast)
      const before = told(stay)
      assert.equal(again(stay, slow).outcome, 'extended')
      assert.deepEqual(told(stay), before)
    })

    it('in some things only, has the better of each', () => {
      const stay = bought(slow)
      again(stay, { downKbps: 1000, upKbps: 3000, terms: { ...slow.terms, fairUseDownKbps: 600 } })
      assert.deepEqual(told(stay), [2000, 3000, 1, 0, 0, null, 2 * GB, 600, null, 'guests'])
    })

    it('to a fair use that slows the other way, is slowed neither way', () => {
      const stay = bought({ terms: { fairUseBytes: GB, fairUseDownKbps: 300 } })
      assert.equal(again(stay, { terms: { fairUseBytes: GB, fairUseUpKbps: 300 } }).outcome, 'extended')
      const { fairUseBytes, fairUseDownKbps, fairUseUpKbps } = termsOfGrant(rooms.db, stay.grantId) ?? {}
      assert.deepEqual([fairUseBytes, fairUseDownKbps, fairUseUpKbps], [null, null, null])
    })
  })

  it('is an access of its own beside one that an operator has stopped', () => {
    const stay = bought()
    rooms.run(pauseGrant, { grantId: stay.grantId, byOperator: true })
    rooms.clock.step(60_000)
    const { sourceId } = again(stay)
    assert.notEqual(grantOf(rooms.db, 'payment', sourceId)?.id, stay.grantId)
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(askAtDoor(rooms, { username: MAC, password: '', macAddress: MAC }).outcome, 'accept')
  })

  it('once per cause, however often it is asked', () => {
    const stay = bought()
    const { sourceId } = again(stay)
    const before = rooms.snapshot()
    assert.equal(again(stay, { sourceId }).outcome, 'already-open')
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('for another device, of another package, or after the end opens a grant of its own', () => {
    const stay = bought()
    assert.equal(again(stay, { macAddress: '02:00:00:00:00:99' }).outcome, 'opened')
    assert.equal(again(stay, { packageId: rooms.addPackage() }).outcome, 'opened')
    assert.equal(again(stay, { macAddress: null }).outcome, 'opened')
    assert.equal(again(stay, { source: 'operator' }).outcome, 'opened')
    // Anybody can claim to be this device.
    assert.equal(again(stay, { phoneNumber: '254722999999' }).outcome, 'opened')
    assert.equal(again(stay, { source: 'voucher', phoneNumber: null }).outcome, 'opened')
    rooms.clock.step(HOUR_MS)
    assert.equal(again(stay).outcome, 'opened')
  })

  it('is delivered at once: the customer holds the code already', () => {
    const packageId = rooms.addPackage()
    const buy = () => {
      const purchase = openPurchase(rooms, { packageId, phoneNumber: '254712345678' }).prompted()
      purchase.paid()
      rooms.run(deliverPayment, { paymentId: purchase.paymentId })
      return purchase
    }
    buy()
    const second = buy()
    assert.equal(second.state, 'FULFILLED')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('and given back takes only its own time and data', () => {
    const stay = bought({ dataLimitBytes: GB })
    const { sourceId } = again(stay)
    const cause = { source: 'payment', sourceId } as const
    rooms.run(withdrawGrant, cause)
    rooms.run(withdrawGrant, cause)
    assert.deepEqual(remainingOf(stay.grant(), rooms.clock.nowMs()), { seconds: 3600, bytes: GB })
    assert.equal(stay.grant().endedAtMs, null)
    rooms.run(withdrawGrant, { source: 'payment', sourceId: stay.order.sourceId })
    assert.equal(stay.grant().endReason, 'revoked')
  })

  it('works with vouchers too where the network vouches for the device, and each stays used', () => {
    const input = { packageId: rooms.addPackage(), count: 2, prefix: '', expiresAtMs: null, note: '' }
    const batch = rooms.run(createVouchers, input)
    const [first, second] = batch.outcome === 'created' ? batch.codes : []
    const redeem = (code = '', macAddress = MAC) => rooms.run(redeemVoucher, { code, macAddress, deviceIsKnown: true })
    const opened = redeem(first)
    const extended = redeem(second)
    assert.ok(opened.outcome === 'redeemed' && extended.outcome === 'redeemed')
    assert.equal(extended.grantId, opened.grantId)
    const grant = grantById(rooms.db, opened.grantId)
    assert.equal(grant && remainingOf(grant, rooms.clock.nowMs()).seconds, 7200)
    assert.deepEqual(redeem(second), { outcome: 'redeemed-before', grantId: opened.grantId })
    assert.equal(redeem(second, '02:00:00:00:00:99').outcome, 'used')
  })

  it('leaves a device alone that its router is letting in, and sees to it when nothing has come of that', () => {
    const input = { packageId: rooms.addPackage(), count: 1, prefix: '', expiresAtMs: null, note: '' }
    const batch = rooms.run(createVouchers, input)
    const [code = ''] = batch.outcome === 'created' ? batch.codes : []
    rooms.run(redeemVoucher, { code, macAddress: MAC, deviceIsKnown: true, isLoggingIn: true })
    const jobs = () => rooms.rows("SELECT state, run_at_ms FROM jobs WHERE name = 'create-hotspot-user'")
    assert.deepEqual(jobs(), [{ state: 'scheduled', run_at_ms: rooms.clock.nowMs() + 10_000 }])
  })
})

describe('a paused grant', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  it('keeps exactly what was left, lets nobody in, and never ends meanwhile', () => {
    const stay = openStay(rooms, { pausable: true })
    rooms.clock.step(600_000)
    assert.equal(rooms.run(pauseGrant, { grantId: stay.grantId, byOperator: false }), 'paused')
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
    rooms.clock.step(10 * HOUR_MS)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 0, more: false })
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000)
    assert.equal(rooms.run(continueGrant, { grantId: stay.grantId, byOperator: true }), 'resumed')
    assert.equal(remainingOf(stay.grant(), rooms.clock.nowMs()).seconds, 3000)
    assert.equal(stay.ask().outcome, 'accept')
    rooms.clock.step(3_000_000)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 1, more: false })
    assert.equal(rooms.run(continueGrant, { grantId: stay.grantId, byOperator: true }), 'ended')
  })

  it('is paused by its holder only where the package says so, by an operator always, and once', () => {
    const { grantId } = openStay(rooms)
    assert.equal(rooms.run(pauseGrant, { grantId, byOperator: false }), 'not-pausable')
    assert.equal(rooms.run(pauseGrant, { grantId, byOperator: true }), 'paused')
    assert.equal(rooms.run(pauseGrant, { grantId, byOperator: true }), 'no-change')
    assert.equal(rooms.run(pauseGrant, { grantId: 'nobody', byOperator: true }), 'unknown')
    assert.equal(rooms.run(continueGrant, { grantId: 'nobody', byOperator: true }), 'unknown')
  })

  it('by an operator stays so when its holder types the code, also when the holder paused it first', () => {
    const stay = openStay(rooms, { pausable: true })
    const { grantId } = stay
    rooms.run(pauseGrant, { grantId, byOperator: false })
    assert.equal(rooms.run(pauseGrant, { grantId, byOperator: true }), 'no-change')
    const other = '02:00:00:00:00:99'
    assert.equal(rooms.run(resumeGrant, { grantId, macAddress: other }).outcome, 'paused-by-operator')
    assert.equal(stay.grant().macAddress, MAC)
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(rooms.run(continueGrant, { grantId, byOperator: true }), 'resumed')
    assert.equal(stay.ask().outcome, 'accept')
    assert.equal(rooms.run(pauseGrant, { grantId, byOperator: false }), 'paused')
    assert.equal(rooms.run(resumeGrant, { grantId, macAddress: MAC }).outcome, 'resumed')
  })

  it('is never one of a subscription, which is suspended instead', () => {
    const { row, grant } = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + HOUR_MS })
    assert.equal(rooms.run(pauseGrant, { grantId: row.grantId, byOperator: true }), 'not-pausable')
    assert.equal(grant().pausedAtMs, null)
  })

  it('goes on by its code', () => {
    const stay = openStay(rooms, { pausable: true })
    rooms.run(pauseGrant, { grantId: stay.grantId, byOperator: false })
    rooms.clock.step(2 * HOUR_MS)
    assert.equal(rooms.run(resumeGrant, { grantId: stay.grantId, macAddress: MAC }).outcome, 'resumed')
    assert.equal(stay.ask().outcome, 'accept')
  })
})
