import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { pauseGrant } from '../../src/access/pause.ts'
import { overstayingGrants } from '../../src/access/session-table.ts'
import { noteSessionExpired, noteSessionSilent } from '../../src/access/sessions.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { MAC } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { askAtDoor } from './door.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const OTHER = '02:00:00:00:00:02'

describe('access whose clock stands still while nobody is online', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const left = ({ grant }: ReturnType<typeof openStay>) => remainingOf(grant(), rooms.clock.nowMs()).seconds
  /** Online for ten minutes. */
  function used(change: Parameters<typeof openStay>[1] = {}) {
    const stay = openStay(rooms, { pausesOffline: true, ...change })
    stay.account({ status: 'start' })
    rooms.clock.step(10 * MINUTE_MS)
    return stay
  }

  it('is used up only online: it stops with the last session, and a new login goes on by itself', () => {
    const stay = used()
    stay.account({ status: 'stop', sessionSeconds: 600 })
    assert.equal(left(stay), 3000)
    rooms.clock.step(5 * HOUR_MS)
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 0)
    const answer = stay.ask()
    assert.equal(answer.outcome === 'accept' && answer.seconds, 3000)
    stay.account({ status: 'start', acctSessionId: '80000002' })
    rooms.clock.step(20 * MINUTE_MS)
    assert.equal(left(stay), 1800)
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 0)
    // A look comes at its end at the latest, and again at whatever end it finds.
    assert.ok(rooms.jobs('check-expired-sessions').some(({ run_at_ms }) => run_at_ms <= stay.grant().expiresAtMs))
    rooms.clock.step(30 * MINUTE_MS)
    assert.equal(rooms.run(endOverdueGrants, {}).ended, 1)
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(rooms.facts('access.paused').length, 1)
  })

  it('is let in by its device’s address, however long ago it stopped', () => {
    const stay = used()
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(30 * 24 * HOUR_MS)
    const arrival = askOnArrival(rooms, MAC)
    assert.equal(arrival.outcome === 'accept' && arrival.seconds, 3000)
  })

  it('stands still when its refund is dropped, until somebody is online with it again', () => {
    const stay = used({ source: 'payment' })
    const { source, sourceId } = stay.order
    rooms.run(withdrawGrant, { source, sourceId })
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(HOUR_MS)
    rooms.run(restoreGrant, { source, sourceId })
    rooms.clock.step(2 * HOUR_MS)
    assert.equal(left(stay), 3000)
    stay.account({ status: 'start', acctSessionId: '80000002' })
    rooms.clock.step(10 * MINUTE_MS)
    assert.equal(left(stay), 2400)
  })

  it('stands still when an outage in which it ran out has been given back', () => {
    const stay = used()
    const outage = { routerId: stay.routerId, reason: 'router', beganAtMs: rooms.clock.nowMs() } as const
    rooms.clock.step(HOUR_MS)
    rooms.run(endOverdueGrants, {})
    stay.account({ status: 'stop', sessionSeconds: 600 })
    const endedAtMs = rooms.clock.nowMs()
    rooms.run(creditOutage, { outage: { ...outage, endedAtMs }, mostSeconds: 3600 })
    rooms.clock.step(2 * HOUR_MS)
    assert.equal(left(stay), 3000)
  })

  it('goes on while another of its devices is online', () => {
    const stay = used({ deviceLimit: 2 })
    stay.account({ status: 'start', acctSessionId: '80000002', macAddress: OTHER })
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(10 * MINUTE_MS)
    assert.equal(left(stay), 2400)
    stay.account({ status: 'stop', acctSessionId: '80000002', macAddress: OTHER, sessionSeconds: 600 })
    rooms.clock.step(HOUR_MS)
    assert.equal(left(stay), 2400)
  })

  it('stops when the router was last heard of it, when its end was lost', () => {
    const stay = used()
    stay.account({ status: 'interim', sessionSeconds: 600 })
    rooms.clock.step(15 * MINUTE_MS)
    const sessionId = rooms.value('SELECT id FROM sessions') as number
    rooms.run(noteSessionSilent, { sessionId, sinceMs: rooms.clock.nowMs() })
    assert.equal(left(stay), 3000)
    // It was only silent, and online all the time.
    stay.account({ status: 'interim', sessionSeconds: 1500 })
    assert.equal(left(stay), 2100)
    assert.deepEqual(overstayingGrants(rooms.db, 10), [])
  })

  it('counts on when the router tells of a session that it had said was gone', () => {
    const stay = used()
    stay.account({ status: 'interim', sessionSeconds: 600 })
    const sessionId = rooms.value('SELECT id FROM sessions') as number
    rooms.run(noteSessionExpired, { sessionId, outcome: 'already-gone' })
    rooms.clock.step(15 * MINUTE_MS)
    assert.equal(left(stay), 3000)
    stay.account({ status: 'interim', sessionSeconds: 1500 })
    assert.equal(stay.sessions()[0]?.stop_reason, null)
    assert.equal(left(stay), 2100)
    const another = stay.ask(undefined, OTHER)
    assert.equal(another.outcome === 'reject' && another.reason, 'too-many-devices')
    stay.account({ status: 'stop', sessionSeconds: 1500 })
    stay.account({ status: 'interim', sessionSeconds: 1500 })
    assert.equal(left(stay), 2100)
  })

  it('counts a session of which only the end was told, and nothing twice', () => {
    const stay = used()
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(HOUR_MS)
    const again = { status: 'stop', acctSessionId: '80000002', sessionSeconds: 1200 } as const
    stay.account(again)
    stay.account(again)
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(HOUR_MS)
    assert.equal(left(stay), 1800)
  })

  it('loses nothing when the device moves to another access point', () => {
    const stay = used()
    const routerId = rooms.addRouter()
    stay.account({ status: 'start', acctSessionId: '90000001', routerId })
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(10 * MINUTE_MS)
    assert.equal(left(stay), 2400)
  })

  it('is over with its data, and stays stopped when an operator stops it', () => {
    const stay = used({ dataLimitBytes: 1000 })
    stay.account({ status: 'stop', sessionSeconds: 600, inputBytes: 1000 })
    assert.equal(stay.grant().endReason, 'data-used')
    const other = used({ macAddress: OTHER })
    other.account({ status: 'stop', sessionSeconds: 600 })
    rooms.run(pauseGrant, { grantId: other.grantId, byOperator: true })
    const answer = other.ask()
    assert.equal(answer.outcome === 'reject' && answer.reason, 'paused')
  })

  it('is what a package says: others run on', () => {
    const stay = used({ pausesOffline: false, pausable: true })
    stay.account({ status: 'stop', sessionSeconds: 600 })
    rooms.clock.step(10 * MINUTE_MS)
    assert.equal(left(stay), 2400)
  })
})

/** Its router sees the device and asks by its address. */
const askOnArrival = (rooms: Rooms, macAddress: string) =>
  askAtDoor(rooms, { username: macAddress, password: '', macAddress })
