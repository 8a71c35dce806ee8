import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isAccessCode } from '../../src/access/access-code.ts'
import { endOverdueGrants, revokeGrant } from '../../src/access/end-grant.ts'
import { noteOnline, noteUserCreated } from '../../src/access/grant-progress.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { resumeGrant } from '../../src/access/resume.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

describe('the right to be online', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  it('lasts exactly what was bought, from the moment it opens', () => {
    const stay = openStay(rooms)
    const grant = stay.grant()
    assert.equal(grant.startsAtMs, rooms.clock.nowMs())
    assert.equal(grant.expiresAtMs - grant.startsAtMs, HOUR_MS)
    assert.ok(isAccessCode(grant.username))
    assert.ok(grant.password.length >= 8)
  })

  it('is opened once for one cause, however often it is asked', () => {
    const stay = openStay(rooms)
    const before = rooms.snapshot()
    rooms.clock.step(60_000)
    assert.deepEqual(rooms.run(openGrant, { ...stay.order, grantId: crypto.randomUUID() }), {
      outcome: 'already-open',
      grantId: stay.grantId,
    })
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('orders the login, and the look at its end, in the same commit', () => {
    const { grantId, grant } = openStay(rooms)
    assert.deepEqual(
      rooms
        .jobs()
        .filter(({ name }) => name !== 'probe-router')
        .map(({ name, payload, run_at_ms }) => [name, JSON.parse(payload).grantId, run_at_ms]),
      [
        ['create-hotspot-user', grantId, grant().startsAtMs],
        ['check-expired-sessions', grantId, grant().expiresAtMs],
      ],
    )
  })

  it('takes the operator’s user name, once', () => {
    const stay = openStay(rooms, { username: 'guest.one', password: 'a-password' })
    assert.equal(stay.grant().username, 'guest.one')
    assert.equal(stay.ask('a-password').outcome, 'accept')
    const again = rooms.run(openGrant, { ...stay.order, sourceId: 'other', grantId: crypto.randomUUID() })
    assert.deepEqual(again, { outcome: 'username-taken' })
  })

  it('is answered with what is left of it, to the second and to the byte', () => {
    const stay = openStay(rooms, { dataLimitBytes: 10_000_000_000 })
    rooms.clock.step(90_500)
    stay.account({ status: 'interim', inputBytes: 1_000_000_000, outputBytes: 4_294_967_297, sessionSeconds: 60 })
    const answer = stay.ask()
    assert.ok(answer.outcome === 'accept')
    assert.equal(answer.seconds, 3600 - 91)
    assert.equal(answer.bytes, 10_000_000_000 - 1_000_000_000 - 4_294_967_297)
    assert.equal(answer.grant.deviceLimit, 1)
  })

  it('gives every login a token of its own', () => {
    const stay = openStay(rooms)
    const tokens = [stay.ask(), stay.ask()].map((answer) => (answer.outcome === 'accept' ? answer.classToken : ''))
    assert.notEqual(tokens[0], tokens[1])
    for (const token of tokens) assert.ok(token.startsWith(`${stay.grantId}.`))
  })

  it('is refused with a reason that the customer can use', () => {
    const reason = (stay: ReturnType<typeof openStay>, password?: string) => {
      const answer = stay.ask(password)
      return answer.outcome === 'reject' ? answer.reason : answer.outcome
    }
    const stay = openStay(rooms)
    assert.equal(reason(stay, 'wrong'), 'wrong-code')
    rooms.run(revokeGrant, { grantId: stay.grantId })
    assert.equal(reason(stay), 'revoked')
    assert.equal(reason(stay, 'wrong'), 'wrong-code')

    const used = openStay(rooms, { dataLimitBytes: 100 })
    used.account({ status: 'interim', inputBytes: 100 })
    assert.equal(reason(used), 'data-used')

    const late = openStay(rooms)
    rooms.clock.step(HOUR_MS)
    assert.equal(reason(late), 'time-used')
    rooms.run(endOverdueGrants, {})
    assert.equal(reason(late), 'time-used')
  })

  it('runs to its last second and not beyond, whether or not anybody has swept', () => {
    const stay = openStay(rooms)
    rooms.clock.step(HOUR_MS - 1000)
    const last = stay.ask()
    assert.ok(last.outcome === 'accept' && last.seconds === 1)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 0, more: false })
    // A Session-Timeout of 0 would mean "no limit" to some routers.
    rooms.clock.step(1)
    assert.equal(stay.ask().outcome, 'reject')
    rooms.clock.step(999)
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 1, more: false })
    assert.equal(stay.grant().endReason, 'time-used')
  })

  it('ends once and for one reason', () => {
    const stay = openStay(rooms)
    rooms.clock.step(HOUR_MS)
    rooms.run(endOverdueGrants, {})
    assert.equal(rooms.run(revokeGrant, { grantId: stay.grantId }), 'revoked')
    const before = rooms.snapshot()
    assert.equal(rooms.run(revokeGrant, { grantId: stay.grantId }), 'revoked')
    rooms.run(endOverdueGrants, {})
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(stay.grant().endReason, 'time-used')
    assert.equal(rooms.facts('access.ended').length, 1)
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
    assert.equal(rooms.run(revokeGrant, { grantId: 'nobody' }), 'unknown')
  })

  it('ends for many at once, a limited number in one commit', () => {
    const packageId = rooms.addPackage()
    const routerId = rooms.addRouter()
    rooms.db.exec('BEGIN')
    const insert = rooms.db.prepare(
      `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, router_id, starts_at_ms, expires_at_ms)
       VALUES (?, 'voucher', ?, ?, 'x', ?, 'hour', 1, ?, 1, 2)`,
    )
    for (let at = 0; at < 250; at++) insert.run(crypto.randomUUID(), `v${at}`, `u${at}`, packageId, routerId)
    rooms.db.exec('COMMIT')
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 200, more: true })
    assert.deepEqual(rooms.run(endOverdueGrants, {}), { ended: 50, more: false })
    assert.equal(rooms.facts('access.ended').length, 250)
  })

  it('has nothing left once it has ended; data is said of what was sold with a limit only', () => {
    for (const dataLimitBytes of [null, 1_000_000]) {
      const stay = openStay(rooms, { dataLimitBytes })
      rooms.run(revokeGrant, { grantId: stay.grantId })
      const bytes = dataLimitBytes === null ? null : 0
      assert.deepEqual(remainingOf(stay.grant(), rooms.clock.nowMs()), { seconds: 0, bytes })
    }
  })

  it('notes its user and its first login once', () => {
    const { grantId, routerId } = openStay(rooms, { phoneNumber: '254712345678' })
    rooms.run(noteUserCreated, { grantId })
    rooms.run(noteOnline, { grantId, routerId })
    const before = rooms.snapshot()
    rooms.clock.step(1000)
    rooms.run(noteUserCreated, { grantId })
    rooms.run(noteOnline, { grantId, routerId })
    assert.deepEqual(rooms.snapshot(), before)
    assert.equal(rooms.facts('access.online').length, 1)
    assert.equal(rooms.jobs('send-credentials-sms').length, 1)
  })

  it('sends no SMS where there is no phone', () => {
    const { grantId } = openStay(rooms)
    rooms.run(noteUserCreated, { grantId })
    assert.equal(rooms.jobs('send-credentials-sms').length, 0)
  })

  it('comes to another device while it runs, and not after', () => {
    const { grantId, grant } = openStay(rooms)
    const other = '02:00:00:00:00:99'
    assert.equal(rooms.run(resumeGrant, { grantId, macAddress: other }).outcome, 'resumed')
    assert.equal(grant().macAddress, other)
    assert.equal(rooms.run(resumeGrant, { grantId, macAddress: null }).outcome, 'resumed')
    assert.equal(grant().macAddress, other)
    rooms.clock.step(HOUR_MS)
    assert.equal(rooms.run(resumeGrant, { grantId, macAddress: '02:00:00:00:00:55' }).outcome, 'ended')
    assert.equal(grant().macAddress, other)
    assert.equal(rooms.run(resumeGrant, { grantId: 'nobody', macAddress: other }).outcome, 'unknown')
  })
})
