import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type AccountingInput, noteRouterRestarted, noteSessionExpired } from '../../src/access/sessions.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

describe('accounting', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  type Packet = Partial<AccountingInput> & Pick<AccountingInput, 'status'>

  /** One session as the router tells it, with fixed times so that any order can be played. */
  function packetsOf(startMs: number): Record<'start' | 'early' | 'late' | 'stop', Packet> {
    const at = (seconds: number) => ({ sessionSeconds: seconds, eventAtMs: startMs + seconds * 1000 })
    return {
      start: { status: 'start', ...at(0) },
      early: { status: 'interim', ...at(300), inputBytes: 100, outputBytes: 1000 },
      late: { status: 'interim', ...at(600), inputBytes: 200, outputBytes: 5_000_000_000 },
      stop: { status: 'stop', ...at(700), inputBytes: 210, outputBytes: 5_000_000_500, terminateCause: 1 },
    }
  }

  function ordersOf<Item>(items: readonly Item[]): Item[][] {
    if (items.length <= 1) return [[...items]]
    return items.flatMap((item, at) => ordersOf(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
  }

  it('comes to the same in any order, with any packet twice', () => {
    const startMs = rooms.clock.nowMs()
    const packets = packetsOf(startMs)
    for (const order of ordersOf(['start', 'early', 'late', 'stop'] as const)) {
      const stay = openStay(rooms, { dataLimitBytes: 9_000_000_000 })
      for (const name of [...order, ...order]) stay.account(packets[name])
      const [session, ...more] = stay.sessions()
      assert.deepEqual(more, [], order.join())
      assert.equal(stay.grant().usedBytes, 5_000_000_710, order.join())
      assert.deepEqual(
        [
          session?.input_bytes,
          session?.output_bytes,
          session?.session_seconds,
          session?.started_at_ms,
          session?.stopped_at_ms,
        ],
        [210, 5_000_000_500, 700, startMs, startMs + 700_000],
        order.join(),
      )
      assert.equal(session?.stop_reason, 'router: User-Request')
    }
    assert.equal(rooms.facts('session.started').length, 24)
    assert.equal(rooms.facts('session.stopped').length, 24)
  })

  it('makes the session from whichever packet comes, when the start was lost', () => {
    for (const name of ['early', 'late', 'stop'] as const) {
      const stay = openStay(rooms)
      stay.account(packetsOf(rooms.clock.nowMs())[name])
      assert.equal(stay.sessions().length, 1)
      assert.ok(stay.grant().usedBytes > 0)
      assert.ok(stay.grant().onlineAtMs !== null)
    }
  })

  it('stops a session once, however often it is told', () => {
    const stay = openStay(rooms)
    const { stop } = packetsOf(rooms.clock.nowMs())
    stay.account(stop)
    const before = rooms.snapshot()
    stay.account(stop)
    stay.account({ ...stop, eventAtMs: rooms.clock.nowMs() + 900_000, terminateCause: 4 })
    assert.deepEqual(
      rooms.snapshot().filter(([table]) => table !== 'sessions'),
      before.filter(([table]) => table !== 'sessions'),
    )
    assert.equal(stay.sessions()[0]?.stop_reason, 'router: User-Request')
  })

  it('adds up the sessions of one grant', () => {
    const stay = openStay(rooms, { dataLimitBytes: 10_000, deviceLimit: 3 })
    const logins = ['a', 'b', 'c'].map((login) => ({
      classToken: `${stay.grantId}.${login}`,
      acctSessionId: '80000001',
    }))
    for (const login of logins) stay.account({ status: 'stop', ...login, inputBytes: 1000, outputBytes: 2000 })
    assert.equal(stay.grant().usedBytes, 9000)
    assert.equal(stay.sessions().length, 3)
    const answer = stay.ask()
    assert.ok(answer.outcome === 'accept' && answer.bytes === 1000)
  })

  it('tells sessions apart by their login, although a router that started anew repeats its numbers', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'stop', classToken: `${stay.grantId}.before`, inputBytes: 500 })
    stay.account({ status: 'start', classToken: `${stay.grantId}.after` })
    stay.account({ status: 'interim', classToken: `${stay.grantId}.after`, inputBytes: 70 })
    assert.equal(stay.sessions().length, 2)
    assert.equal(stay.grant().usedBytes, 570)
  })

  it('finds the grant by the user name when the router returns no token', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'interim', classToken: null, inputBytes: 5 })
    assert.equal(stay.grant().usedBytes, 5)
  })

  it('keeps a session of nobody we know, and charges no one', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'interim', classToken: null, username: 'stranger', inputBytes: 5 })
    stay.account({ status: 'interim', classToken: 'garbage', username: 'stranger', inputBytes: 5 })
    assert.equal(rooms.value('SELECT count(*) FROM sessions WHERE grant_id IS NULL'), 2)
    assert.equal(stay.grant().usedBytes, 0)
  })

  it('ends the grant in the very commit that uses up its data', () => {
    const stay = openStay(rooms, { dataLimitBytes: 3000 })
    stay.account({ status: 'interim', inputBytes: 1000, outputBytes: 1999 })
    assert.equal(stay.ask().outcome, 'accept')
    const commits: string[][] = []
    rooms.subscribe((entries) => commits.push(entries.map(({ type }) => type)))
    stay.account({ status: 'interim', inputBytes: 1000, outputBytes: 2000 })
    assert.deepEqual(commits, [['access.ended']])
    assert.equal(stay.grant().endReason, 'data-used')
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
    stay.account({ status: 'stop', inputBytes: 1500, outputBytes: 2500 })
    assert.equal(stay.grant().usedBytes, 4000)
    assert.equal(rooms.facts('access.ended').length, 1)
  })

  it('does not give data back by a new login', () => {
    const stay = openStay(rooms, { dataLimitBytes: 3000 })
    stay.account({ status: 'stop', inputBytes: 2000 })
    stay.account({ status: 'start', classToken: `${stay.grantId}.b` })
    const answer = stay.ask()
    assert.ok(answer.outcome === 'accept' && answer.bytes === 1000)
  })

  it('closes what a router forgot when it started anew; last counts that still come are added', () => {
    const stay = openStay(rooms)
    const other = openStay(rooms)
    stay.account({ status: 'interim', inputBytes: 10 })
    other.account({ status: 'interim', inputBytes: 10 })
    rooms.run(noteRouterRestarted, { routerId: stay.routerId })
    rooms.run(noteRouterRestarted, { routerId: stay.routerId })
    assert.equal(stay.sessions()[0]?.stop_reason, 'router restarted')
    assert.equal(other.sessions()[0]?.stopped_at_ms, null)
    assert.equal(rooms.facts('session.stopped').length, 1)
    stay.account({ status: 'stop', inputBytes: 50 })
    assert.equal(stay.grant().usedBytes, 50)
    assert.equal(rooms.facts('session.stopped').length, 1)
  })

  it('closes a device’s earlier session on the same router when its stop was lost', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start', classToken: `${stay.grantId}.first` })
    rooms.clock.step(60_000)
    stay.account({ status: 'start', classToken: `${stay.grantId}.second` })
    assert.deepEqual(
      stay.sessions().map(({ stop_reason }) => stop_reason),
      ['superseded', null],
    )
  })

  it('does not let a late packet of an old session close a new one', () => {
    const stay = openStay(rooms)
    const earlierMs = rooms.clock.nowMs()
    rooms.clock.step(60_000)
    stay.account({ status: 'start', classToken: `${stay.grantId}.second` })
    stay.account({
      status: 'stop',
      classToken: `${stay.grantId}.first`,
      eventAtMs: earlierMs + 5000,
      sessionSeconds: 5,
    })
    assert.deepEqual(
      stay.sessions().map(({ stop_reason }) => stop_reason),
      [null, 'router: no cause given'],
    )
  })

  it('lets several devices of one grant be online side by side', () => {
    const stay = openStay(rooms, { deviceLimit: 2 })
    stay.account({ status: 'start', classToken: `${stay.grantId}.a`, macAddress: '02:00:00:00:00:0A' })
    rooms.clock.step(1000)
    stay.account({ status: 'start', classToken: `${stay.grantId}.b`, macAddress: '02:00:00:00:00:0B' })
    assert.deepEqual(
      stay.sessions().map(({ stopped_at_ms }) => stopped_at_ms),
      [null, null],
    )
  })

  it('waits for the router’s own stop of a session that was ended, and closes one that is gone', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    const id = rooms.value('SELECT id FROM sessions') as number
    rooms.run(noteSessionExpired, { sessionId: id, outcome: 'disconnected' })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, null)
    rooms.run(noteSessionExpired, { sessionId: id, outcome: 'already-gone' })
    assert.equal(stay.sessions()[0]?.stop_reason, 'already-gone')
    rooms.run(noteSessionExpired, { sessionId: 999, outcome: 'already-gone' })
    assert.equal(rooms.facts('session.expired').length, 2)
    assert.equal(rooms.facts('session.stopped').length, 1)
  })

  it('goes with the router that is removed, and the grant stays', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    rooms.db.prepare('DELETE FROM routers WHERE id = ?').run(stay.routerId)
    assert.deepEqual(stay.sessions(), [])
    assert.equal(stay.grant().routerId, null)
    assert.equal(stay.ask().outcome, 'accept')
  })
})
