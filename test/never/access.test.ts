import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Hands } from '../../jobs/services.ts'
import type { AccessDecision } from '../../src/access/authorize.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { askAtDoor } from '../access/door.ts'
import { openStay } from '../access/stay.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase, PHONE } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from '../jobs/run-job.ts'

describe('it never happens that', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  async function buy(change: Parameters<Rooms['addPackage']>[0] = {}, packageId = rooms.addPackage(change)) {
    const purchase = openPurchase(rooms, { packageId, phoneNumber: PHONE }).prompted()
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    const grant = () => {
      const row = grantOf(rooms.db, 'payment', purchase.paymentId)
      if (!row) throw new Error('no grant')
      return row
    }
    const ask = () => askAtDoor(rooms, { ...grant(), macAddress: undefined })
    return { packageId, purchase, grant, ask }
  }
  const secondsOf = (answer: AccessDecision) => (answer.outcome === 'accept' ? answer.seconds : 0)
  const bytesOf = (answer: AccessDecision) => (answer.outcome === 'accept' ? answer.bytes : 0)

  it('a package of one hour is over at once, or lasts a day, or forgets its data limit', async () => {
    const { ask } = await buy({ durationSeconds: 3600, dataLimitBytes: 500_000_000 })
    assert.equal(secondsOf(ask()), 3600)
    assert.equal(bytesOf(ask()), 500_000_000)
    rooms.clock.step(HOUR_MS)
    assert.equal(ask().outcome, 'reject')
  })

  it('a week or a month is taken for an hour', async () => {
    for (const durationSeconds of [7 * 86_400, MONTH_SECONDS]) {
      const { ask } = await buy({ durationSeconds })
      assert.equal(secondsOf(ask()), durationSeconds)
      rooms.clock.step(DAY_MS)
    }
  })

  it('the second purchase of a phone fails', async () => {
    const first = await buy()
    await buy({}, first.packageId)
    const another = await buy()
    assert.equal(secondsOf(first.ask()), 2 * 3600)
    assert.equal(secondsOf(another.ask()), 3600)
  })

  it('a session is not found when its time is over', async () => {
    const stay = openStay(rooms)
    stay.account({ status: 'start' })
    rooms.clock.step(HOUR_MS)
    await runJob(rooms, 'check-expired-sessions')
    const asked: string[] = []
    const disconnect: Hands['disconnect'] = async (_router, session) => {
      asked.push(`${session.username} ${session.acctSessionId} ${session.framedIpAddress}`)
      return { outcome: 'disconnected' }
    }
    await runWaiting(rooms, 'disconnect-expired-sessions', { disconnect })
    // By the name and the session that the router knows, with the address that it wants.
    assert.deepEqual(asked, [`${stay.grant().username} 80000001 10.5.50.2`])
  })

  it('a new login is given the whole package again instead of what is left', async () => {
    const { ask } = await buy({ durationSeconds: 3600 })
    const left: number[] = []
    for (let login = 0; login < 3; login++) {
      left.push(secondsOf(ask()))
      rooms.clock.step(20 * 60_000)
    }
    assert.deepEqual(left, [3600, 2400, 1200])
    assert.equal(ask().outcome, 'reject')
  })

  it('used data comes back by a new login', () => {
    const stay = openStay(rooms, { dataLimitBytes: 1000 })
    stay.account({ status: 'stop', acctSessionId: '1', classToken: `${stay.grantId}.a`, inputBytes: 600 })
    stay.account({ status: 'start', acctSessionId: '2', classToken: `${stay.grantId}.b` })
    assert.equal(bytesOf(stay.ask()), 400)
    stay.account({ status: 'interim', acctSessionId: '2', classToken: `${stay.grantId}.b`, inputBytes: 400 })
    assert.equal(stay.ask().outcome, 'reject')
  })

  it('who has used up the data stays capped after buying the same package again', async () => {
    const first = await buy({ dataLimitBytes: 1000 })
    rooms.db.prepare('UPDATE grants SET used_bytes = 1000').run()
    assert.equal(first.ask().outcome, 'reject')
    const second = await buy({}, first.packageId)
    assert.ok((bytesOf(second.ask()) ?? 0) >= 1000)

    const subscriber = openSubscriber(rooms, {
      ...{ package: { dataLimitBytes: 1000 }, paidUntilMs: rooms.clock.nowMs() + DAY_MS },
    })
    rooms.db.prepare('UPDATE grants SET used_bytes = 1000').run()
    assert.equal(subscriber.isOnlineAllowed(), false)
    await subscriber.pay()
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('a package without a data limit gets one', async () => {
    const { ask } = await buy({ downKbps: 3000 })
    assert.equal(bytesOf(ask()), null)
  })

  it('a customer who was brought back gets in with any password', async () => {
    const subscriber = openSubscriber(rooms)
    await subscriber.pay()
    const { username, password } = subscriber.grant()
    assert.equal(subscriber.radius().outcome, 'accept')
    for (const wrong of ['', 'x', username, password.toUpperCase()])
      assert.equal(subscriber.radius(wrong).outcome, 'reject')
  })

  it('a renewal takes unused time away, or is over again five minutes later', async () => {
    const paidUntilMs = rooms.clock.nowMs() + 10 * DAY_MS
    const subscriber = openSubscriber(rooms, { paidUntilMs })
    await subscriber.pay()
    assert.equal(subscriber.row.paidUntilMs, paidUntilMs + MONTH_SECONDS * 1000)
    rooms.clock.step(14 * DAY_MS)
    for (const job of ['check-expired-subscriptions', 'process-grace-period', 'check-expired-sessions'])
      await runJob(rooms, job)
    assert.equal(subscriber.state, 'active')
    assert.equal(subscriber.isOnlineAllowed(), true)
  })

  it('a device that we do not know is given a made-up address', () => {
    const root = new URL('../../../', import.meta.url).pathname
    const sources = globSync('{src/{access,billing,http,radius,routers},jobs,portal}/**/*.{ts,tsx}', { cwd: root })
    assert.ok(sources.length > 100)
    for (const file of sources) {
      const found = readFileSync(join(root, file), 'utf8').match(/\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b/g) ?? []
      // The one that explains the format.
      assert.deepEqual(new Set(found.filter((mac) => mac !== 'AA:BB:CC:DD:EE:FF')), new Set(), file)
    }
  })
})
