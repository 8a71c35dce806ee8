import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  type AccountingInput,
  noteRouterRestarted,
  noteSessionExpired,
  noteSessionSilent,
  recordSeen,
  tellRunningUsage,
} from '../../src/access/sessions.ts'
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
    rooms.clock.step(700_000)
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

  it('finds it by the voucher or the device that logged in with its own address, too, until the session’s end', () => {
    for (const name of [{ username: 'AB12', voucherGrantId: '' }, { username: '02-00-00-00-00-0c' }]) {
      const macAddress = '02:00:00:00:00:0C'
      const stay = openStay(rooms, { macAddress })
      if (name.voucherGrantId !== undefined) name.voucherGrantId = stay.grantId
      const session = { ...name, classToken: null, macAddress }
      stay.account({ ...session, status: 'start' })
      rooms.clock.step(1000)
      // Something else may run on the device by then.
      const later = openStay(rooms, { macAddress })
      stay.account({ ...session, status: 'stop', inputBytes: 5 })
      assert.deepEqual([stay.grant().usedBytes, later.grant().usedBytes], [5, 0])
      rooms.clock.step(7_200_000)
    }
  })

  it('does not take a name that somebody typed for the device’s', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'interim', classToken: null, username: '02:00:00:00:00:0D', inputBytes: 5 })
    assert.equal(stay.grant().usedBytes, 0)
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
    rooms.clock.step(60_000)
    for (let time = 0; time < 2; time += 1)
      rooms.run(noteRouterRestarted, { routerId: stay.routerId, restartedAtMs: rooms.clock.nowMs() })
    assert.equal(stay.sessions()[0]?.stop_reason, 'router restarted')
    assert.equal(other.sessions()[0]?.stopped_at_ms, null)
    assert.equal(rooms.facts('session.stopped').length, 1)
    stay.account({ status: 'stop', inputBytes: 50 })
    assert.equal(stay.grant().usedBytes, 50)
    assert.equal(rooms.facts('session.stopped').length, 1)
  })

  it('keeps what began after a restart that is told of late', () => {
    const stay = openStay(rooms, { deviceLimit: 2 })
    stay.account({ status: 'start', classToken: `${stay.grantId}.a`, macAddress: '02:00:00:00:00:0A' })
    rooms.clock.step(60_000)
    const restartedAtMs = rooms.clock.nowMs()
    rooms.clock.step(500)
    stay.account({ status: 'start', classToken: `${stay.grantId}.b`, macAddress: '02:00:00:00:00:0B' })
    rooms.clock.step(5000)
    // It counts its delay in whole seconds.
    rooms.run(noteRouterRestarted, { routerId: stay.routerId, restartedAtMs: restartedAtMs + 999 })
    assert.deepEqual(
      stay.sessions().map(({ stop_reason }) => stop_reason),
      ['router restarted', null],
    )
  })

  it('opens a session again that the router tells of after it was said to have restarted', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    rooms.clock.step(60_000)
    rooms.run(noteRouterRestarted, { routerId: stay.routerId, restartedAtMs: rooms.clock.nowMs() })
    rooms.clock.step(60_000)
    stay.account({ status: 'interim', sessionSeconds: 120 })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, null)
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

  it('tells live views of every update, and the journal of none', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    const before = rooms.facts().length
    stay.account({ status: 'interim', inputBytes: 5, outputBytes: 7, sessionSeconds: 60 })
    assert.deepEqual(rooms.live(), [
      {
        type: 'session.updated',
        data: {
          ...{ sessionId: 1, grantId: stay.grantId, routerId: stay.routerId, username: stay.grant().username },
          ...{ inputBytes: 5, outputBytes: 7, seconds: 60 },
        },
      },
    ])
    assert.equal(rooms.facts().length, before)
  })

  it('tells what a grant has used when a session of it stops, once', () => {
    const stay = openStay(rooms, { dataLimitBytes: 1000, deviceLimit: 2 })
    stay.account({ status: 'stop', classToken: `${stay.grantId}.a`, inputBytes: 100 })
    stay.account({ status: 'stop', classToken: `${stay.grantId}.b`, outputBytes: 50 })
    stay.account({ status: 'stop', classToken: `${stay.grantId}.b`, outputBytes: 50 })
    assert.deepEqual(
      rooms.facts('usage.recorded').map(({ data }) => data),
      [100, 150].map((usedBytes) => ({ grantId: stay.grantId, usedBytes, dataLimitBytes: 1000, runsOutAtMs: null })),
    )
  })

  it('looks at the router at the moment at which the data will be used up, if that comes before the next update', () => {
    const stay = openStay(rooms, { dataLimitBytes: 1000 })
    stay.account({ status: 'start' })
    rooms.clock.step(300_000)
    stay.account({ status: 'interim', inputBytes: 400, sessionSeconds: 300 })
    assert.equal(rooms.jobs('check-usage').length, 0)
    rooms.clock.step(300_000)
    stay.account({ status: 'interim', inputBytes: 800, sessionSeconds: 600 })
    const [look] = rooms.jobs('check-usage')
    assert.equal(look?.run_at_ms, rooms.clock.nowMs() + 150_000)
  })

  it('ends the grant when the router itself says that the data is used up', () => {
    const stay = openStay(rooms, { dataLimitBytes: 1000 })
    stay.account({ status: 'start' })
    rooms.clock.step(10_000)
    const counters = { inputBytes: 600, outputBytes: 400, sessionSeconds: 10 }
    rooms.run(recordSeen, { seen: [{ sessionId: 1, counters }] })
    assert.equal(stay.grant().endReason, 'data-used')
    assert.equal(rooms.jobs('disconnect-expired-sessions').length, 1)
  })

  it('slows a customer down at the fair-use cap in the commit that reaches it, and sets free again when the use is counted anew', () => {
    const stay = openStay(rooms, { downKbps: 8000, upKbps: 2000, terms: { fairUseBytes: 1000, fairUseDownKbps: 512 } })
    stay.account({ status: 'interim', inputBytes: 999 })
    assert.equal(rooms.jobs('apply-access-terms').length, 0)
    stay.account({ status: 'interim', inputBytes: 1000 })
    stay.account({ status: 'interim', inputBytes: 1001 })
    assert.equal(rooms.facts('access.terms_changed').length, 1)
    assert.equal(rooms.jobs('apply-access-terms').length, 1)
    assert.equal(stay.ask().outcome, 'accept')
    rooms.db.prepare('UPDATE grants SET used_bytes = 0').run()
    stay.account({ status: 'interim', inputBytes: 1002 })
    assert.equal(rooms.facts('access.terms_changed').length, 2)
  })

  it('closes what began before the router started anew, seen by its session numbers, and opens it again if it goes on', () => {
    const stay = openStay(rooms, { deviceLimit: 5 })
    const account = (login: string, acctSessionId: string, more: Packet) =>
      stay.account({
        classToken: `${stay.grantId}.${login}`,
        acctSessionId,
        macAddress: `02:00:00:00:00:0${login}`,
        ...more,
      })
    account('1', '80100001', { status: 'start' })
    account('2', '80100002', { status: 'start' })
    account('3', '81100003', { status: 'start' })
    rooms.clock.step(60_000)
    account('4', '80200001', { status: 'start' })
    const seems = 'the router seems to have restarted'
    const reasons = () => stay.sessions().map(({ stop_reason }) => stop_reason)
    assert.deepEqual(reasons(), [seems, seems, seems, null])
    account('2', '80100002', { status: 'interim', inputBytes: 5, sessionSeconds: 60 })
    assert.deepEqual(reasons(), [seems, null, seems, null])
    account('5', '80200002', { status: 'start' })
    assert.deepEqual(reasons(), [seems, null, seems, null, null])
  })

  it('does not read a restart out of another vendor’s session numbers', () => {
    const stay = openStay(rooms, { deviceLimit: 5 })
    stay.account({ status: 'start', acctSessionId: '5f0000000001', macAddress: '02:00:00:00:00:01' })
    rooms.clock.step(1000)
    stay.account({ status: 'start', acctSessionId: '5f1000000001', macAddress: '02:00:00:00:00:02' })
    assert.deepEqual(
      stay.sessions().map(({ stop_reason }) => stop_reason),
      [null, null],
    )
  })

  it('tells sessions without a token apart when a router uses a number again', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'stop', classToken: null, inputBytes: 500 })
    rooms.clock.step(3_000_000)
    stay.account({ status: 'start', classToken: null })
    stay.account({ status: 'interim', classToken: null, inputBytes: 70 })
    assert.equal(stay.sessions().length, 2)
    assert.equal(stay.grant().usedBytes, 570)
  })

  it('closes a session that fell silent when it was last heard of, and opens it again when the router goes on', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'interim', inputBytes: 10 })
    const heardAtMs = rooms.clock.nowMs()
    rooms.clock.step(3_000_000)
    rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: heardAtMs })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, null)
    rooms.run(noteSessionSilent, { sessionId: 1, sinceMs: heardAtMs + 1 })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, heardAtMs)
    stay.account({ status: 'interim', inputBytes: 11, eventAtMs: heardAtMs })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, heardAtMs)
    stay.account({ status: 'interim', inputBytes: 30 })
    assert.equal(stay.sessions()[0]?.stopped_at_ms, null)
    assert.equal(stay.grant().usedBytes, 30)
    assert.equal(rooms.facts('session.started').length, 2)
  })

  it('tells the use of a grant whose session runs for long once an hour', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'interim', inputBytes: 10 })
    const tell = () => rooms.run(tellRunningUsage, { sinceMs: rooms.clock.nowMs() - 3_600_000 })
    tell()
    rooms.clock.step(3_600_000)
    assert.deepEqual([tell(), tell()], [{ more: false }, { more: false }])
    assert.equal(rooms.facts('usage.recorded').length, 1)
    stay.account({ status: 'interim', inputBytes: 20 })
    rooms.clock.step(3_600_000)
    tell()
    assert.equal(rooms.facts('usage.recorded').length, 2)
  })

  it('asks again after a while whether a session that was told to go has gone', () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    rooms.run(noteSessionExpired, { sessionId: 1, outcome: 'disconnected' })
    const [job] = rooms.jobs('confirm-session-end')
    assert.equal(job?.run_at_ms, rooms.clock.nowMs() + 30_000)
    assert.equal(rooms.value('SELECT end_outcome FROM sessions'), 'disconnected')
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
