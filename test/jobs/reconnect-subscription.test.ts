import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Hands } from '../../jobs/services.ts'
import { recordAccounting } from '../../src/access/sessions.ts'
import { DAY_MS, MONTH_SECONDS, openSubscriber, type Subscriber } from '../access/subscriber.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from './run-job.ts'

describe('a payment that brings a subscription back', () => {
  let rooms: Rooms
  let asked: string[]
  let answer: Awaited<ReturnType<Hands['disconnect']>>['outcome']
  beforeEach(() => {
    rooms = openRooms()
    asked = []
    answer = 'disconnected'
  })
  afterEach(() => rooms.close())

  const hands: Partial<Hands> = {
    disconnect: async (_router, session) => {
      asked.push(session.username)
      return { outcome: answer }
    },
  }
  const reconnect = () => runWaiting(rooms, 'reconnect-subscription', hands)

  function goOnline(subscriber: Subscriber) {
    rooms.run(recordAccounting, {
      ...{ status: 'start', routerId: rooms.addRouter(), username: subscriber.grant().username, acctSessionId: '1' },
      ...{ classToken: null, macAddress: null, framedIpAddress: null, inputBytes: 0, outputBytes: 0 },
      ...{ sessionSeconds: 0, terminateCause: null, eventAtMs: rooms.clock.nowMs() },
    })
    rooms.clock.step(60_000)
  }

  it('leaves whoever is online in peace when the package is the same', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    await subscriber.pay()
    rooms.db.prepare('DELETE FROM jobs').run()
    goOnline(subscriber)
    await subscriber.pay()
    assert.equal((await reconnect())[0]?.kind, 'done')
    assert.deepEqual(asked, [])
  })

  it('sends it round once when the package is another, so that it comes back with the new speed', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    goOnline(subscriber)
    await subscriber.pay({ packageId: rooms.addPackage({ type: 'pppoe', durationSeconds: MONTH_SECONDS }) })
    await reconnect()
    assert.deepEqual(asked, [subscriber.grant().username])
    assert.equal(rooms.facts('session.expired').length, 1)
    const login = rooms.jobs('create-hotspot-user').length
    assert.equal(login, 1)
  })

  it('is online at the first dial, although the router could not be reached', async () => {
    const subscriber = openSubscriber(rooms)
    await subscriber.pay()
    assert.equal(subscriber.isOnlineAllowed(), true)
    assert.equal((await reconnect())[0]?.kind, 'done')
  })

  it('writes no hotspot user for a connection that dials by itself, and sends it its credentials', async () => {
    const subscriber = openSubscriber(rooms)
    await subscriber.pay()
    const outcome = await runJob(rooms, 'create-hotspot-user', { grantId: subscriber.row.grantId })
    assert.equal(outcome.kind, 'done')
    assert.equal(rooms.jobs('send-credentials-sms').length, 1)
  })
})
