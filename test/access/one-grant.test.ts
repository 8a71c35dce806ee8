import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants, revokeGrant } from '../../src/access/end-grant.ts'
import { storyOfGrant } from '../../src/access/grant-story.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { noteSessionSilent } from '../../src/access/sessions.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const GB = 1_000_000_000
const OTHER = '02:00:00:00:00:02'

/** What pauses, outages, purchases and refunds do to one and the same access, in whatever order they come. */
describe('one access', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  type Stay = ReturnType<typeof openStay>
  const open = (change: Parameters<typeof openStay>[1] = {}) =>
    openStay(rooms, {
      ...{ source: 'payment', sourceId: crypto.randomUUID(), phoneNumber: '254712345678', pausable: true },
      ...change,
    })
  const pass = (minutes: number) => rooms.clock.step(minutes * MINUTE_MS)
  const ended = () => rooms.run(endOverdueGrants, {}).ended
  const left = ({ grant }: Stay) => remainingOf(grant(), rooms.clock.nowMs())
  const minutesLeft = (stay: Stay) => left(stay).seconds / 60
  const hold = ({ grantId }: Stay, byOperator = false) => rooms.run(pauseGrant, { grantId, byOperator })
  const goOn = ({ grantId }: Stay, byOperator = false) => rooms.run(continueGrant, { grantId, byOperator })
  const firstOf = (stay: Stay) => ({ source: 'payment' as const, sourceId: stay.order.sourceId })
  const again = (stay: Stay, change: object = {}) => {
    const cause = { source: 'payment' as const, sourceId: crypto.randomUUID() }
    rooms.run(openGrant, { ...stay.order, ...cause, grantId: crypto.randomUUID(), ...change })
    return cause
  }
  /** The router was away for the last so many minutes, until some minutes ago. */
  const credit = ({ routerId }: Stay, minutes: number, { most = 240, ago = 0 } = {}) => {
    const endedAtMs = rooms.clock.nowMs() - ago * MINUTE_MS
    const outage = { routerId, reason: 'router' as const, beganAtMs: endedAtMs - minutes * MINUTE_MS, endedAtMs }
    return rooms.run(creditOutage, { outage, mostSeconds: most * 60 }).credited
  }

  describe('whose payment is not given back after all', () => {
    it('has what was left, also when it was paused', () => {
      const stay = open()
      pass(20)
      hold(stay)
      pass(30)
      rooms.run(withdrawGrant, firstOf(stay))
      pass(300)
      rooms.run(restoreGrant, firstOf(stay))
      assert.equal(minutesLeft(stay), 40)
      pass(30)
      goOn(stay)
      assert.equal(minutesLeft(stay), 40)
    })

    it('has what each payment gave, in whatever order they went and came back', () => {
      for (const order of [
        [0, 1, 0, 1],
        [0, 1, 1, 0],
        [1, 0, 0, 1],
        [1, 0, 1, 0],
      ] as const) {
        const stay = open({ dataLimitBytes: GB })
        const causes = [firstOf(stay), again(stay, { durationSeconds: 86_400, dataLimitBytes: 3 * GB })] as const
        const [first, second, third, last] = order.map((at) => causes[at]) as [
          (typeof causes)[0],
          (typeof causes)[0],
          (typeof causes)[0],
          (typeof causes)[0],
        ]
        const gives = ({ sourceId }: (typeof causes)[0]) =>
          sourceId === causes[0].sourceId ? { seconds: 3600, bytes: GB } : { seconds: 86_400, bytes: 3 * GB }
        rooms.run(withdrawGrant, first)
        assert.deepEqual(left(stay), gives(second))
        rooms.run(withdrawGrant, second)
        assert.equal(stay.grant().endReason, 'revoked')
        pass(7)
        rooms.run(restoreGrant, third)
        assert.deepEqual(left(stay), gives(third))
        rooms.run(restoreGrant, last)
        assert.deepEqual(left(stay), { seconds: 90_000, bytes: 4 * GB })
        pass(100_000)
        ended()
      }
    })

    it('is there again though its time was over meanwhile without it', () => {
      const stay = open()
      const second = again(stay)
      pass(30)
      rooms.run(withdrawGrant, second)
      assert.equal(minutesLeft(stay), 30)
      pass(40)
      assert.equal(ended(), 1)
      pass(20)
      rooms.run(restoreGrant, second)
      assert.equal(minutesLeft(stay), 60)
      assert.equal(stay.ask().outcome, 'accept')
    })

    it('is there again though its data was used up meanwhile without it', () => {
      const stay = open({ dataLimitBytes: GB })
      const second = again(stay, { dataLimitBytes: GB })
      stay.account({ status: 'start' })
      rooms.run(withdrawGrant, second)
      pass(1)
      stay.account({ status: 'stop', inputBytes: GB })
      assert.equal(stay.grant().endReason, 'data-used')
      pass(20)
      rooms.run(restoreGrant, second)
      assert.deepEqual(left(stay), { seconds: 7140, bytes: GB })
    })

    it('has what stands less what was used, whichever of its payments went last and comes back alone', () => {
      for (const at of [0, 1]) {
        const stay = open({ macAddress: `02:00:00:00:01:0${at}` })
        const causes = [firstOf(stay), again(stay)]
        pass(90)
        for (const cause of causes) rooms.run(withdrawGrant, cause)
        pass(5)
        const [first, second] = [causes[at], causes[1 - at]]
        if (first) rooms.run(restoreGrant, first)
        assert.equal(minutesLeft(stay), 0)
        pass(5)
        if (second) rooms.run(restoreGrant, second)
        assert.equal(minutesLeft(stay), 30)
      }
    })

    it('has no more than was left, also when an outage was told while it was over', () => {
      const stay = open()
      const second = again(stay)
      pass(90)
      rooms.run(withdrawGrant, second)
      ended()
      pass(10)
      credit(stay, 20, { ago: 20 })
      assert.equal(minutesLeft(stay), 0)
      rooms.run(restoreGrant, second)
      assert.equal(minutesLeft(stay), 50)
    })

    it('has the time of an outage, too, that was told while it was over', () => {
      for (const dataLimitBytes of [null, GB]) {
        const stay = open({ dataLimitBytes, macAddress: `02:00:00:00:02:0${Number(dataLimitBytes === null)}` })
        const second = again(stay, { dataLimitBytes })
        if (dataLimitBytes) stay.account({ status: 'stop', inputBytes: GB })
        pass(30)
        if (!dataLimitBytes) rooms.run(withdrawGrant, firstOf(stay))
        rooms.run(withdrawGrant, second)
        assert.equal(stay.grant().endReason, dataLimitBytes ? 'data-used' : 'revoked')
        pass(10)
        assert.equal(credit(stay, 20, { ago: 10 }), 1)
        assert.equal(minutesLeft(stay), 0)
        pass(10)
        if (!dataLimitBytes) rooms.run(restoreGrant, firstOf(stay))
        rooms.run(restoreGrant, second)
        assert.equal(minutesLeft(stay), 90 + 20)
      }
    })

    it('has no more than an outage gave back when it had run out before its refund was asked for', () => {
      const stay = open()
      const second = again(stay)
      pass(130)
      ended()
      rooms.run(withdrawGrant, second)
      credit(stay, 20)
      assert.equal(minutesLeft(stay), 0)
      pass(5)
      rooms.run(restoreGrant, second)
      assert.equal(minutesLeft(stay), 10)
    })

    it('has what was left, also when the time to use it had cut that', () => {
      const stay = open({ validSeconds: 3 * 3600 })
      const second = again(stay, { validSeconds: 3 * 3600 })
      hold(stay)
      pass(150)
      goOn(stay)
      assert.equal(minutesLeft(stay), 30)
      rooms.run(withdrawGrant, second)
      assert.equal(minutesLeft(stay), 30)
      pass(10)
      rooms.run(restoreGrant, second)
      assert.equal(minutesLeft(stay), 20)
    })

    it('stays over when it was over before, or when the staff ended it', () => {
      const used = open()
      pass(60)
      ended()
      rooms.run(withdrawGrant, firstOf(used))
      rooms.run(restoreGrant, firstOf(used))
      assert.equal(used.grant().endReason, 'time-used')
      const revoked = open({ macAddress: OTHER })
      rooms.run(revokeGrant, { grantId: revoked.grantId })
      pass(1)
      rooms.run(withdrawGrant, firstOf(revoked))
      rooms.run(restoreGrant, firstOf(revoked))
      assert.equal(revoked.grant().endReason, 'revoked')
      const later = open({ macAddress: '02:00:00:00:00:03' })
      const second = again(later)
      rooms.run(withdrawGrant, second)
      pass(1)
      rooms.run(revokeGrant, { grantId: later.grantId })
      pass(1)
      rooms.run(restoreGrant, second)
      assert.equal(later.grant().endReason, 'revoked')
    })
  })

  describe('in an outage', () => {
    it('that was longer than what is given for it has all that it lost, if that was less', () => {
      const stay = open()
      pass(30 + 300)
      ended()
      assert.equal(credit(stay, 300), 1)
      assert.equal(minutesLeft(stay), 30)
      const more = open({ durationSeconds: 5 * 3600, macAddress: OTHER, routerId: stay.routerId })
      pass(60 + 300)
      ended()
      assert.equal(credit(more, 300, { most: 90 }), 1)
      assert.equal(minutesLeft(more), 90)
    })

    it('gets nothing for the time in which it was over, for a refund that was dropped', () => {
      const stay = open()
      pass(10)
      rooms.run(withdrawGrant, firstOf(stay))
      pass(20)
      rooms.run(restoreGrant, firstOf(stay))
      pass(10)
      assert.equal(credit(stay, 30), 1)
      assert.equal(minutesLeft(stay), 50)
    })

    it('gets nothing for the time in which it had run out before more of it stood again', () => {
      const stay = open()
      const second = again(stay)
      rooms.run(withdrawGrant, second)
      pass(90)
      ended()
      rooms.run(restoreGrant, second)
      pass(10)
      assert.equal(credit(stay, 70), 1)
      assert.equal(minutesLeft(stay), 50 + 40)
    })

    it('gets nothing for the time in which it had run out in another, which brought it back', () => {
      const stay = open()
      pass(100)
      ended()
      assert.equal(credit(stay, 20, { ago: 30 }), 1)
      assert.equal(minutesLeft(stay), 10)
      assert.equal(credit(stay, 20, { ago: 5 }), 0)
      assert.equal(minutesLeft(stay), 10)
    })

    it('in which its data was used up has what it lost before that, for when more data comes, and its history says so', () => {
      for (const validSeconds of [null, 2 * 3600]) {
        const stay = open({
          dataLimitBytes: GB,
          validSeconds,
          macAddress: `02:00:00:00:03:0${Number(validSeconds === null)}`,
        })
        const second = again(stay, { dataLimitBytes: GB, validSeconds })
        rooms.run(withdrawGrant, second)
        pass(20)
        stay.account({ status: 'stop', inputBytes: GB })
        assert.equal(stay.grant().endReason, 'data-used')
        pass(30)
        credit(stay, 40)
        assert.equal(minutesLeft(stay), 0)
        const credits = storyOfGrant(rooms.db, stay.grantId).filter(({ what }) => what === 'outage-credit')
        assert.deepEqual(
          credits.map(({ seconds }) => seconds),
          [600],
        )
        rooms.run(restoreGrant, second)
        assert.deepEqual(left(stay), { seconds: (validSeconds === null ? 110 : 100) * 60, bytes: GB })
      }
    })

    it('in which its data was used up has no more of an outage told than the time to use it lets it have', () => {
      const stay = open({ dataLimitBytes: GB, validSeconds: 3900 })
      pass(20)
      stay.account({ status: 'stop', inputBytes: GB })
      pass(30)
      credit(stay, 40)
      const credits = storyOfGrant(rooms.db, stay.grantId).filter(({ what }) => what === 'outage-credit')
      assert.deepEqual(
        credits.map(({ seconds }) => seconds),
        [300],
      )
    })

    it('has what it lost, however late that is given', () => {
      const [ran, over] = [open({ durationSeconds: 7200 }), open({ macAddress: OTHER })]
      rooms.db.exec(`UPDATE grants SET router_id = ${ran.routerId}`)
      pass(50 + 30)
      ended()
      pass(15)
      assert.equal(credit(ran, 30, { ago: 15 }), 2)
      assert.deepEqual([minutesLeft(ran), minutesLeft(over)], [55, 10])
    })

    it('that was paused in it, told after the credit, keeps what was left', () => {
      const stay = open({ pausesOffline: true, pausable: false })
      stay.account({ status: 'start' })
      pass(50)
      stay.account({ status: 'interim', sessionSeconds: 3000 })
      pass(5)
      stay.account({ status: 'interim', sessionSeconds: 3300 })
      pass(25)
      ended()
      assert.equal(credit(stay, 30), 1)
      assert.equal(minutesLeft(stay), 10)
      // It had left five minutes into the outage: five were lost, and five are left.
      rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: rooms.clock.nowMs() })
      assert.equal(minutesLeft(stay), 10)
    })

    it('that went on after its time ran out keeps at its first pause what was given back, however late that was', () => {
      for (const [at, ago] of [0, 5, 40].entries()) {
        const stay = open({ pausesOffline: true, macAddress: `02:00:00:00:01:0${at}` })
        stay.account({ status: 'start' })
        pass(30)
        stay.account({ status: 'interim', sessionSeconds: 1800 })
        pass(60)
        ended()
        pass(ago)
        assert.equal(credit(stay, 60, { ago }), 1)
        assert.equal(minutesLeft(stay), 30)
        pass(5)
        stay.account({ status: 'stop', sessionSeconds: (95 + ago) * 60 })
        assert.equal(minutesLeft(stay), 25)
      }
    })
  })

  describe('whose clock runs only online', () => {
    const online = (change: Parameters<typeof openStay>[1] = {}) => {
      const stay = open({ pausesOffline: true, ...change })
      stay.account({ status: 'start' })
      return stay
    }

    it('stops when the last of its devices went, also when the end of another is told later', () => {
      const stay = online({ deviceLimit: 2 })
      const other = { acctSessionId: '80000002', macAddress: OTHER }
      stay.account({ status: 'start', ...other })
      pass(10)
      stay.account({ status: 'interim', ...other, sessionSeconds: 600 })
      pass(20)
      stay.account({ status: 'stop', sessionSeconds: 1800 })
      pass(5)
      rooms.run(noteSessionSilent, { sessionId: 2, sinceMs: rooms.clock.nowMs() })
      assert.equal(minutesLeft(stay), 30)
    })

    it('stands still until somebody is online again, though what stopped it by hand is lifted, or more is bought', () => {
      for (const byOperator of [true, false]) {
        const stay = online()
        pass(10)
        hold(stay, byOperator)
        stay.account({ status: 'stop', sessionSeconds: 600 })
        pass(60)
        if (byOperator) goOn(stay, true)
        else again(stay)
        const before = minutesLeft(stay)
        assert.ok(before >= 50)
        pass(600)
        assert.equal(ended(), 0)
        assert.equal(minutesLeft(stay), before)
        assert.equal(stay.ask().outcome, 'accept')
        stay.account({ status: 'start', acctSessionId: '80000002' })
        pass(10)
        assert.equal(minutesLeft(stay), before - 10)
        pass(1000)
        ended()
      }
    })

    it('runs when what stopped it by hand is lifted while somebody is still online, or nobody ever was', () => {
      const busy = online()
      hold(busy)
      goOn(busy)
      pass(10)
      assert.equal(minutesLeft(busy), 50)
      const never = open({ pausesOffline: true, macAddress: OTHER })
      hold(never)
      pass(10)
      goOn(never)
      pass(10)
      assert.equal(minutesLeft(never), 50)
    })
  })
})
