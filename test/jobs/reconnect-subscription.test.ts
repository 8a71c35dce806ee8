import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Hands } from '../../jobs/services.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { recordAccounting } from '../../src/access/sessions.ts'
import { suspendSubscription } from '../../src/access/subscription-desk.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { openStay } from '../access/stay.ts'
import { DAY_MS, openSubscriber, type Subscriber } from '../access/subscriber.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from './run-job.ts'

describe('a renewal of a subscription', () => {
  let rooms: Rooms
  let subscriber: Subscriber
  let told: { expiresAtMs: number; downKbps: number | null }[]
  let ended: string[]
  let answer: Awaited<ReturnType<Hands['changeSession']>>['outcome']
  beforeEach(() => {
    rooms = openRooms()
    told = []
    ended = []
    answer = 'changed'
    subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    rooms.run(recordAccounting, {
      ...{ status: 'start', routerId: rooms.addRouter(), username: subscriber.grant().username, acctSessionId: '1' },
      ...{ classToken: null, macAddress: null, framedIpAddress: null, inputBytes: 0, outputBytes: 0 },
      ...{ sessionSeconds: 0, terminateCause: null, eventAtMs: rooms.clock.nowMs() },
    })
    rooms.db.prepare('DELETE FROM jobs').run()
  })
  afterEach(() => rooms.close())

  const hands: Partial<Hands> = {
    async changeSession(_router, _session, { grant }) {
      told.push({ expiresAtMs: grant.expiresAtMs, downKbps: grant.downKbps })
      return { outcome: answer }
    },
    async disconnect(_router, session) {
      ended.push(session.username)
      return { outcome: 'disconnected' }
    },
  }
  const reconnect = async () => (await runWaiting(rooms, 'reconnect-subscription', hands))[0]?.kind

  it('reaches who is online without a break: the router is told the new end, and what is paid keeps its speed', async () => {
    rooms.db.prepare('UPDATE packages SET down_kbps = 9000 WHERE id = ?').run(subscriber.row.packageId)
    await subscriber.pay()
    assert.equal(await reconnect(), 'done')
    assert.deepEqual(await runWaiting(rooms, 'apply-access-terms', hands), [])
    assert.deepEqual(told, [{ expiresAtMs: subscriber.grant().expiresAtMs, downKbps: subscriber.grant().downKbps }])
    assert.deepEqual(ended, [])
  })

  it('that comes while the last one is brought to the router is brought, too; so is a second extension of any access', async () => {
    const isBroughtAgain = (name: string) =>
      rooms.value(
        'SELECT again FROM jobs WHERE name = ? AND (SELECT count(*) FROM jobs WHERE name = ?) = 1',
        name,
        name,
      )
    const underWay = () =>
      rooms.db.prepare("UPDATE jobs SET state = 'running', owner = 1, started_at_ms = run_at_ms, again = 0").run()
    await subscriber.pay()
    const extend = { grantId: subscriber.row.grantId, needsNewLogin: false }
    rooms.run(enqueueJob, { name: 'apply-access-terms', payload: extend })
    underWay()
    await subscriber.pay()
    assert.equal(isBroughtAgain('reconnect-subscription'), 1)
    rooms.run(enqueueJob, { name: 'apply-access-terms', payload: extend })
    assert.equal(isBroughtAgain('apply-access-terms'), 1)
  })

  it('sends who is online round once where the router will not change it', async () => {
    answer = 'refused'
    await subscriber.pay()
    assert.equal(await reconnect(), 'done')
    assert.deepEqual(ended, [subscriber.grant().username])
    assert.equal(rooms.facts('session.expired').length, 1)
  })

  it('waits for a router that does not answer; the right stands meanwhile', async () => {
    answer = 'no-answer'
    await subscriber.pay()
    assert.equal(await reconnect(), 'offline')
    assert.equal(subscriber.grant().expiresAtMs, (subscriber.row.paidUntilMs ?? 0) + 3 * DAY_MS)
    assert.equal(subscriber.grant().endedAtMs, null)
  })

  it('closes a session that the router does not know, and has it come in again', async () => {
    answer = 'already-gone'
    await subscriber.pay()
    assert.equal(await reconnect(), 'done')
    assert.equal(rooms.value('SELECT count(*) FROM sessions WHERE stopped_at_ms IS NULL'), 0)
    assert.equal(rooms.jobs('log-in-again').length, 1)
  })

  it('tells no router anything while the subscription is suspended', async () => {
    rooms.run(suspendSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'holiday' })
    await subscriber.pay()
    assert.equal(await reconnect(), 'done')
    assert.deepEqual(told, [])
  })

  it('ends no hotspot session at its old time: where the router refuses more time, the phone is sent round once', async () => {
    answer = 'refused'
    const stay = openStay(rooms, { source: 'payment', phoneNumber: '254712345678' })
    stay.account({ status: 'start' })
    rooms.run(openGrant, { ...stay.order, sourceId: 'again', grantId: crypto.randomUUID() })
    rooms.run(openGrant, { ...stay.order, sourceId: 'once more', grantId: crypto.randomUUID() })
    const outcomes = await runWaiting(rooms, 'apply-access-terms', hands)
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['done'],
    )
    assert.deepEqual(ended, [stay.grant().username])
  })

  it('writes no hotspot user for a connection that dials by itself, and sends it its credentials', async () => {
    await subscriber.pay()
    const outcome = await runJob(rooms, 'create-hotspot-user', { grantId: subscriber.row.grantId })
    assert.equal(outcome.kind, 'done')
    assert.equal(rooms.jobs('send-credentials-sms').length, 1)
  })
})
