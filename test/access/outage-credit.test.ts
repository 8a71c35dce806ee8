import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { storyOfGrant } from '../../src/access/grant-story.ts'
import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { recentOutages } from '../../src/access/outages.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { openProvisional } from '../../src/access/provisional.ts'
import { noteSessionSilent, recordAccounting } from '../../src/access/sessions.ts'
import { remainingOf } from '../../src/access/time-left.ts'
import { withdrawGrant } from '../../src/access/withdraw.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { noteLiveData } from '../../src/routers/watch/samples.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from '../jobs/run-job.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const POLICY = { credit: true, threshold_minutes: 10, most_minutes: 240 }
const LIVE = {
  ...{ identity: null, version: null, model: null, uptimeSeconds: null, cpuPercent: null, freeMemoryBytes: null },
  ...{ totalMemoryBytes: null, freeDiskBytes: null, totalDiskBytes: null, activeUsers: 0, leases: 0 },
  ...{ interfaces: [], health: [] },
}

describe('an outage', () => {
  let rooms: Rooms
  let routerId: number
  let uptimeSeconds: number
  beforeEach(() => {
    rooms = openRooms()
    routerId = rooms.addRouter()
    uptimeSeconds = 1000
    look(true)
    uplink(true)
  })
  afterEach(() => rooms.close())

  const look = (online: boolean, id = routerId, isAway = true) =>
    rooms.run(noteCheck, {
      routerId: id,
      interimIntervalSeconds: 300,
      check: online
        ? { online, uptimeSeconds, version: null, model: null }
        : { online, isAway, reason: 'it does not answer' },
    })
  /** Its accounting of somebody who is online. */
  const account = (grantId: string) => {
    const { username } = grantById(rooms.db, grantId) as GrantRow
    rooms.run(recordAccounting, {
      ...{ status: 'interim', routerId, username, acctSessionId: 's', classToken: null, macAddress: null },
      ...{ framedIpAddress: null, inputBytes: 0, outputBytes: 0, sessionSeconds: 1, terminateCause: null },
      eventAtMs: rooms.clock.nowMs(),
    })
  }
  const uplink = (up: boolean, name = up ? 'ether1' : null) =>
    rooms.run(noteLiveData, { ...LIVE, routerId, atMs: rooms.clock.nowMs(), hasDefaultRoute: up, uplink: name })
  const pass = (minutes: number) => {
    rooms.clock.step(minutes * MINUTE_MS)
    uptimeSeconds += minutes * 60
  }
  async function buy(change: Parameters<Rooms['addPackage']>[0] = {}, macAddress = '02:00:00:00:00:01') {
    const purchase = openPurchase(rooms, { packageId: rooms.addPackage(change), macAddress }).prompted()
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    return rooms.value('SELECT grant_id FROM grant_parts WHERE source_id = ?', purchase.paymentId) as string
  }
  const minutesLeft = (grantId: string) => {
    const grant = grantById(rooms.db, grantId)
    return grant ? remainingOf(grant, rooms.clock.nowMs()).seconds / 60 : undefined
  }
  const credit = (policy: Partial<typeof POLICY> = {}) =>
    runWaiting(rooms, 'credit-outage', { outagePolicy: { ...POLICY, ...policy } })

  it('of the router gives running grants the time back, to the second and once', async () => {
    const grantId = await buy()
    pass(10)
    look(false)
    pass(20)
    look(true)
    assert.equal(minutesLeft(grantId), 30)
    await credit()
    assert.equal(minutesLeft(grantId), 50)
    await credit()
    await credit()
    assert.equal(minutesLeft(grantId), 50)
    assert.deepEqual(
      storyOfGrant(rooms.db, grantId).map(({ what, seconds }) => [what, seconds]),
      [
        ['given', 3600],
        ['outage-credit', 1200],
      ],
    )
    assert.deepEqual(rooms.rows('SELECT actor, action, subject FROM audit'), [
      {
        actor: 'mlango',
        action: 'outage.credit',
        subject: `router ${routerId}, 20 minutes without router, credited grants: 1`,
      },
    ])
    assert.deepEqual(
      recentOutages(rooms.db, 10).map(({ grants, seconds }) => [grants, seconds]),
      [[1, 1200]],
    )
    assert.throws(() => rooms.db.exec('DELETE FROM outage_credits'), /never forgotten/)
  })

  it('that is stopped after the first of many grants is gone on with: everybody gets the time once, and the audit says of all', async () => {
    const grantId = await buy()
    rooms.db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 249)
      INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms)
      SELECT printf('0190a000-0000-7000-8000-%012d', i), source, printf('0190a000-0000-7000-8000-%012d', i), 'many-' || i, password, package_id, package_name, 1, starts_at_ms, expires_at_ms FROM n, grants;
      INSERT INTO grant_parts (source, source_id, grant_id, seconds, given_at_ms) SELECT source, source_id, id, 3600, 1 FROM grants WHERE id <> '${grantId}'`)
    look(false)
    pass(20)
    look(true)
    const stop = new AbortController()
    const store: typeof rooms.store = {
      async run(...order) {
        stop.abort(new Error('the daemon is stopping'))
        return rooms.store.run(...order)
      },
    }
    const outagePolicy = POLICY
    await assert.rejects(runWaiting(rooms, 'credit-outage', { outagePolicy, store, signal: stop.signal }), /stopping/)
    await credit()
    assert.deepEqual(rooms.rows('SELECT count(*) AS grants, sum(seconds) AS seconds FROM outage_credits'), [
      { grants: 250, seconds: 250 * 1200 },
    ])
    assert.deepEqual(
      rooms.rows<{ subject: string }>('SELECT subject FROM audit').map(({ subject }) => subject.split(': ')[1]),
      ['200', '50'],
    )
  })

  it('gives no time back that a clock which runs only online stood still, whichever is told first', async () => {
    for (const isPauseFirst of [true, false]) {
      const stay = openStay(rooms, {
        pausesOffline: true,
        routerId,
        macAddress: `02:00:00:00:01:0${Number(isPauseFirst)}`,
      })
      const session = { acctSessionId: `only-online-${isPauseFirst}` }
      stay.account({ ...session, status: 'start' })
      pass(10)
      stay.account({ ...session, status: 'interim', sessionSeconds: 600 })
      pass(7)
      look(false)
      pass(13)
      look(true)
      const sessionId = stay.sessions()[0] && (rooms.value('SELECT max(id) FROM sessions') as number)
      const silent = () => rooms.run(noteSessionSilent, { sessionId: sessionId ?? 0, sinceMs: rooms.clock.nowMs() })
      if (isPauseFirst) silent()
      await credit()
      assert.equal(minutesLeft(stay.grantId), 50)
      if (!isPauseFirst) silent()
      assert.equal(minutesLeft(stay.grantId), 50)
      pass(60)
      stay.account({ ...session, acctSessionId: `later-${isPauseFirst}`, status: 'start' })
      pass(10)
      assert.equal(minutesLeft(stay.grantId), 40)
      assert.deepEqual(
        storyOfGrant(rooms.db, stay.grantId).map(({ what }) => what),
        ['given'],
      )
    }
    assert.equal(
      recentOutages(rooms.db, 10).reduce((sum, { seconds }) => sum + seconds, 0),
      0,
    )
  })

  it('stays given when it turns out that the clock did not stand still', async () => {
    const stay = openStay(rooms, { pausesOffline: true, routerId })
    stay.account({ status: 'start' })
    pass(10)
    stay.account({ status: 'interim', sessionSeconds: 600 })
    pass(7)
    look(false)
    pass(13)
    look(true)
    await credit()
    const sessionId = rooms.value('SELECT id FROM sessions') as number
    rooms.run(noteSessionSilent, { sessionId, sinceMs: rooms.clock.nowMs() })
    assert.equal(minutesLeft(stay.grantId), 50)
    stay.account({ status: 'interim', sessionSeconds: 1800 })
    assert.equal(minutesLeft(stay.grantId), 50)
    assert.deepEqual(
      storyOfGrant(rooms.db, stay.grantId).map(({ seconds }) => seconds),
      [3600, 1200],
    )
  })

  it('is audited in the commit that gives the time back', async () => {
    await buy()
    look(false)
    pass(20)
    look(true)
    let commits = 0
    const store: typeof rooms.store = {
      async run(...order) {
        commits += 1
        if (commits > 1) throw new Error('the power is cut')
        return rooms.store.run(...order)
      },
    }
    await runWaiting(rooms, 'credit-outage', { outagePolicy: POLICY, store }).catch(() => {})
    assert.equal(rooms.facts('access.credited').length, 1)
    assert.equal(rooms.value('SELECT count(*) FROM audit'), 1)
  })

  it('gives nothing back unless the policy says so, below its threshold, and no more than its most', async () => {
    const grantId = await buy()
    for (const [minutes, policy] of [
      [15, { credit: false }],
      [9, {}],
      [15, { most_minutes: 5 }],
    ] as const) {
      const before = minutesLeft(grantId) ?? 0
      look(false)
      pass(minutes)
      look(true)
      await credit(policy)
      rooms.db.exec("DELETE FROM jobs WHERE name = 'credit-outage'")
      assert.equal(minutesLeft(grantId), before - minutes + ('most_minutes' in policy ? 5 : 0))
    }
  })

  it('also brings back what ran out in it, with what was left when it began', async () => {
    const grantId = await buy()
    pass(50)
    look(false)
    pass(120)
    rooms.run(endOverdueGrants, {})
    assert.equal(minutesLeft(grantId), 0)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 10)
    assert.equal(rooms.facts('access.credited').length, 1)
  })

  it('gives back nothing of what was refunded in it, also when it had run out first', async () => {
    const grantId = await buy()
    const sourceId = rooms.value('SELECT source_id FROM grants WHERE id = ?', grantId) as string
    pass(50)
    look(false)
    pass(20)
    rooms.run(endOverdueGrants, {})
    rooms.run(withdrawGrant, { source: 'payment', sourceId })
    pass(100)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 0)
    assert.deepEqual(rooms.facts('access.credited'), [])
  })

  it('gives nothing to access on trust that nobody has paid for', async () => {
    const packageId = rooms.addPackage()
    const { paymentId } = openPurchase(rooms, { packageId, macAddress: '02:00:00:00:00:03' }).prompted()
    const allowance = { seconds: 600, downKbps: 512, upKbps: 512, siteLimitCents: 100_000 }
    assert.equal(rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance }), 'opened')
    const grantId = rooms.value('SELECT grant_id FROM provisional_access') as string
    look(false)
    pass(20)
    rooms.run(endOverdueGrants, {})
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 0)
    assert.deepEqual(rooms.facts('access.credited'), [])
  })

  it('gives what ran out on trust in it, and was paid for later, only the time in which it could be used', async () => {
    const packageId = rooms.addPackage()
    const purchase = openPurchase(rooms, { packageId, macAddress: '02:00:00:00:00:03' }).prompted()
    const { paymentId } = purchase
    const allowance = { seconds: 600, downKbps: 512, upKbps: 512, siteLimitCents: 100_000 }
    rooms.run(openProvisional, { paymentId, because: 'uncertain', allowance })
    const grantId = rooms.value('SELECT grant_id FROM provisional_access') as string
    pass(5)
    look(false)
    pass(25)
    rooms.run(endOverdueGrants, {})
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId })
    assert.equal(minutesLeft(grantId), 50)
    pass(10)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 40 + 5 + 10)
  })

  it('gives what was bought in it only the time from then on, and what was over before nothing', async () => {
    const early = await buy({ durationSeconds: 60 })
    pass(2)
    rooms.run(endOverdueGrants, {})
    look(false)
    pass(30)
    const late = await buy({}, '02:00:00:00:00:02')
    pass(15)
    look(true)
    await credit()
    assert.deepEqual([minutesLeft(early), minutesLeft(late)], [0, 60])
  })

  it('takes nothing from a grant that is paused', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    pass(10)
    rooms.run(pauseGrant, { grantId, byOperator: true })
    look(false)
    pass(30)
    look(true)
    await credit()
    rooms.run(continueGrant, { grantId, byOperator: true })
    assert.equal(minutesLeft(grantId), 110)
  })

  it('gives what was paused in part of it only the time in which it ran', async () => {
    const [before, within, twice] = await Promise.all(
      ['06', '07', '08'].map((end) => buy({ durationSeconds: 7200 }, `02:00:00:00:00:${end}`)),
    )
    const order = (grantId = '') => ({ grantId, byOperator: true })
    rooms.run(pauseGrant, order(before))
    pass(10)
    look(false)
    pass(10)
    rooms.run(continueGrant, order(before))
    rooms.run(pauseGrant, order(within))
    rooms.run(pauseGrant, order(twice))
    pass(10)
    rooms.run(continueGrant, order(within))
    rooms.run(continueGrant, order(twice))
    pass(10)
    rooms.run(pauseGrant, order(twice))
    pass(20)
    look(true)
    await credit()
    assert.deepEqual(
      [before, within, twice].map((grantId = '') => minutesLeft(grantId)),
      [120, 110, 110],
    )
  })

  it('counts a pause by the clock by which it is measured, also when it is set meanwhile', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    look(false)
    rooms.run(pauseGrant, { grantId, byOperator: true })
    pass(10)
    rooms.run(continueGrant, { grantId, byOperator: true })
    rooms.clock.step(24 * HOUR_MS)
    rooms.run(followClockStep, { byMs: 24 * HOUR_MS })
    pass(10)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 120)
  })

  it('at another router is none of theirs', async () => {
    const grantId = await buy()
    const otherId = rooms.addRouter()
    rooms.db.exec(`UPDATE grants SET router_id = ${routerId}`)
    look(true, otherId)
    look(false, otherId)
    pass(20)
    look(true, otherId)
    await credit()
    assert.equal(minutesLeft(grantId), 40)
  })

  it('of the uplink counts too, and together with the router’s it is one', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    uplink(false)
    pass(5)
    look(false)
    pass(10)
    look(true)
    pass(5)
    uplink(true)
    await credit()
    assert.equal(minutesLeft(grantId), 120)
    assert.deepEqual(
      rooms.facts('router.outage_ended').map(({ data }) => 'reason' in data && data.reason),
      ['uplink'],
    )
  })

  it('is none while only the way into the router is closed', async () => {
    const grantId = await buy()
    look(false, routerId, false)
    pass(20)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 40)
  })

  it('is over when the router is there again, though it does not let us in', async () => {
    const grantId = await buy()
    look(false)
    pass(20)
    look(false, routerId, false)
    pass(20)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 40)
  })

  it('is none while the router tells of who is online, though it does not answer us', async () => {
    const grantId = await buy()
    account(grantId)
    for (let minutes = 1; minutes <= 30; minutes += 1) {
      pass(1)
      if (minutes % 5 === 1) account(grantId)
      look(false)
    }
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 30)
  })

  it('began when it told of somebody last, and is over when it does so again', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    pass(0.5)
    account(grantId)
    for (let minutes = 0; minutes < 40; minutes += 1) {
      pass(1)
      look(false)
    }
    account(grantId)
    pass(1)
    look(false)
    pass(1)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 120 - 0.5 - 2)
  })

  it('is none where another way out takes over, whatever it is called', () => {
    uplink(true, null)
    pass(30)
    uplink(true)
    assert.deepEqual(rooms.facts('router.outage_ended'), [])
  })

  it('is none where there never was an uplink', async () => {
    rooms.db.exec('UPDATE router_reach SET uplink = NULL')
    uplink(false)
    pass(30)
    uplink(true)
    assert.deepEqual(rooms.facts('router.outage_ended'), [])
  })

  it('in which the box was without power, too, is as long as the router was away', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    pass(30)
    // It was last seen half an hour ago, and has been up for ten minutes.
    uptimeSeconds = 600
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 110)
  })

  it('of the uplink, in which box and router were without power, too, is one', async () => {
    const grantId = await buy({ durationSeconds: 10 * 3600 })
    uplink(false)
    pass(20)
    look(true)
    pass(120)
    uptimeSeconds = 60
    look(true)
    pass(5)
    uplink(true)
    await credit()
    assert.equal(minutesLeft(grantId), 600)
    assert.deepEqual(
      rooms.facts('router.outage_ended').map(({ data }) => 'reason' in data && data.reason),
      ['uplink'],
    )
  })

  it('is one, too, when the uplink is seen before the restart', async () => {
    const grantId = await buy({ durationSeconds: 10 * 3600 })
    uplink(false)
    pass(20)
    look(true)
    pass(120)
    uptimeSeconds = 60
    uplink(true)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 600)
  })

  it('is over when the router started anew, though the box was off and nobody looked until much later', async () => {
    const grantId = await buy({ durationSeconds: 10 * 3600 })
    look(false)
    pass(5)
    look(false)
    pass(475)
    uptimeSeconds = 470 * 60
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 600 - 480 + 10)
  })

  it('is measured by one clock, also when it is set meanwhile', async () => {
    const grantId = await buy({ durationSeconds: 7200 })
    look(false)
    pass(10)
    rooms.clock.step(24 * HOUR_MS)
    rooms.run(followClockStep, { byMs: 24 * HOUR_MS })
    pass(10)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 120)
  })

  it('leaves subscriptions, which are paid by the day, as they are', async () => {
    const grantId = await buy()
    rooms.db.exec(`INSERT INTO customers (phone_number, created_at_ms) VALUES ('254700000009', 1);
      INSERT INTO subscriptions (id, account_number, customer_id, package_id, grant_id, starts_at_ms, grace_days, created_at_ms, disconnected_at_ms, disconnection_reason)
      SELECT 's', '1', 1, package_id, id, 1, 0, 1, 1, 'unpaid' FROM grants`)
    look(false)
    pass(20)
    look(true)
    await credit()
    assert.equal(minutesLeft(grantId), 40)
  })
})
