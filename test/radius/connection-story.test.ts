import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cancelSubscription, resumeSubscription, suspendSubscription } from '../../src/access/subscription-desk.ts'
import { setConnectionTerms } from '../../src/access/subscriptions.ts'
import { type ConnectionTerms, connectionTermsOf } from '../../src/access/told-terms.ts'
import { setPackageTerms, termsOfPackage } from '../../src/billing/package-terms.ts'
import { openSubscriber } from '../access/subscriber.ts'
import { runJob } from '../jobs/run-job.ts'
import { openSiteInOne } from './site-in-one.ts'

const BOX = '02:00:00:00:00:77'
/** Shorter than the time between two reports of use. */
const PAID_MS = 120_000

/** A paid PPPoE connection and the box that dials. What the store orders, the jobs do. */
async function setup(t: TestContext, own: Partial<ConnectionTerms> = {}) {
  const site = await openSiteInOne(t)
  const { rooms, router, work } = site
  router.show('/ip/pool', { name: 'homes', ranges: '10.70.0.10-10.70.0.20' })
  router.show('/ip/pool', { name: 'offices', ranges: '10.80.0.10-10.80.0.20' })
  const subscriber = openSubscriber(rooms, {
    paidUntilMs: rooms.clock.nowMs() + PAID_MS,
    package: { downKbps: 8000, upKbps: 2000, graceDays: 3, dataLimitBytes: 1_000_000_000 },
  })
  const { subscriptionId } = subscriber
  const { username, password, id: grantId } = subscriber.grant()
  const setNetwork = (change: Partial<ConnectionTerms>) =>
    rooms.run(setConnectionTerms, { subscriptionId, network: { ...connectionTermsOf(rooms.db, grantId), ...change } })
  setNetwork(own)
  return {
    ...site,
    subscriber,
    subscriptionId,
    setNetwork,
    dial: () => router.dial({ macAddress: BOX, username, password }),
    line: () => router.line(username),
    kicks: () => router.lineKicks.length,
    /** All that the queue holds for the routers. */
    async settle() {
      for (const name of ['disconnect-expired-sessions', 'apply-access-terms'] as const) {
        const ordered = rooms.jobs(name)
        rooms.db.prepare('DELETE FROM jobs WHERE name = ?').run(name)
        for (const { payload } of ordered) await work(name, JSON.parse(payload))
      }
    },
  }
}

test('a connection has the pool, profile and list of its package, and its own address before them', async (t) => {
  const { subscriber, setNetwork, dial, line, settle, rooms, kicks } = await setup(t)
  const { packageId } = subscriber
  const terms = {
    ...termsOfPackage(rooms.db, packageId),
    framedPool: 'homes',
    routerGroup: 'gold',
    addressList: 'paid',
  }
  rooms.run(setPackageTerms, { packageId, terms })
  rooms.clock.step(PAID_MS)
  await runJob(rooms, 'check-expired-subscriptions')
  await subscriber.pay()
  await dial()
  assert.deepEqual(line(), { ipAddress: '10.70.0.10', profile: 'gold', rateLimit: '2000k/8000k', lists: ['paid'] })
  assert.equal(setNetwork({ framedIpAddress: '10.9.0.7', addressList: 'vip' }), 'set')
  await settle()
  assert.deepEqual([kicks(), line()], [1, undefined])
  await dial()
  assert.deepEqual(line(), { ipAddress: '10.9.0.7', profile: 'gold', rateLimit: '2000k/8000k', lists: ['vip'] })
  setNetwork({ framedIpAddress: '10.9.0.7', addressList: 'vip' })
  await settle()
  assert.equal(kicks(), 1, 'nothing has changed')
})

test('a renewal keeps what is the connection’s own', async (t) => {
  const { subscriber, dial, line } = await setup(t, { framedIpAddress: '10.9.0.7', routerGroup: 'gold' })
  await subscriber.pay()
  await dial()
  assert.deepEqual([line()?.ipAddress, line()?.profile], ['10.9.0.7', 'gold'])
})

test('one address is given to one connection, until that is cancelled', async (t) => {
  const { subscriptionId, setNetwork, rooms } = await setup(t, { framedIpAddress: '10.9.0.7' })
  const other = openSubscriber(rooms, { customer: { phoneNumber: '254722000002' } })
  const network = { ...connectionTermsOf(rooms.db, other.row.grantId), framedIpAddress: '10.9.0.7' }
  const ask = () => rooms.run(setConnectionTerms, { subscriptionId: other.subscriptionId, network })
  assert.equal(ask(), 'address-taken')
  assert.equal(setNetwork({ framedIpAddress: '10.9.0.7' }), 'set')
  rooms.run(cancelSubscription, { subscriptionId, reason: 'moved away' })
  assert.equal(ask(), 'set')
})

test('in grace the line stands behind the wall that is named for it, and a payment takes it out at once', async (t) => {
  const own = { addressList: 'paid', graceRouterGroup: 'late' }
  const { subscriber, dial, line, settle, rooms, kicks } = await setup(t, own)
  await dial()
  rooms.clock.step(PAID_MS)
  await runJob(rooms, 'check-expired-subscriptions')
  assert.equal(subscriber.state, 'grace')
  await settle()
  assert.equal(kicks(), 1)
  await dial()
  assert.deepEqual([line()?.profile, line()?.rateLimit, line()?.lists], ['late', undefined, ['paid']])
  await subscriber.pay()
  await settle()
  assert.equal(kicks(), 2)
  await dial()
  assert.deepEqual([line()?.profile, line()?.rateLimit], [undefined, '2000k/8000k'])
})

test('suspended, with a list named for it, the line comes up behind that wall, uses nothing up and stays', async (t) => {
  const own = { addressList: 'paid', suspendedAddressList: 'walled' }
  const { subscriber, subscriptionId, dial, line, settle, rooms, kicks, work, sessions } = await setup(t, own)
  await dial()
  rooms.clock.step(1000)
  rooms.run(suspendSubscription, { subscriptionId, reason: 'asked for it' })
  await settle()
  assert.equal(kicks(), 1)
  assert.equal((await dial()).outcome, 'up')
  assert.deepEqual(line()?.lists, ['walled'])
  rooms.clock.step(200_000)
  await work('check-expired-sessions', {})
  await settle()
  assert.deepEqual([kicks(), line()?.lists], [1, ['walled']])
  rooms.run(resumeSubscription, { subscriptionId, reason: 'back' })
  await settle()
  assert.equal(kicks(), 2)
  await dial()
  assert.deepEqual([line()?.lists, subscriber.grant().usedBytes], [['paid'], 0])
  assert.equal(sessions().length, 3)
})

test('who comes up behind the wall before his router hears of the suspension is not thrown off by it', async (t) => {
  const { subscriptionId, dial, line, settle, rooms, kicks } = await setup(t, { suspendedAddressList: 'walled' })
  rooms.run(suspendSubscription, { subscriptionId, reason: 'asked for it' })
  await dial()
  assert.deepEqual(line()?.lists, ['walled'])
  await settle()
  assert.deepEqual([kicks(), line()?.lists], [0, ['walled']])
})

test('who is suspended behind a wall and cancelled then is off, and not let in again', async (t) => {
  const { subscriptionId, dial, line, settle, rooms } = await setup(t, { suspendedRouterGroup: 'walled' })
  await dial()
  rooms.clock.step(1000)
  rooms.run(suspendSubscription, { subscriptionId, reason: 'asked for it' })
  await settle()
  await dial()
  assert.deepEqual([line()?.profile, line()?.rateLimit], ['walled', undefined])
  rooms.run(cancelSubscription, { subscriptionId, reason: 'moved away' })
  await settle()
  assert.equal(line(), undefined)
  assert.equal((await dial()).outcome, 'refused')
})

test('suspended without a wall is refused, and a grace without one is served in full', async (t) => {
  const { subscriptionId, dial, line, settle, rooms, kicks } = await setup(t)
  await dial()
  rooms.clock.step(PAID_MS)
  await runJob(rooms, 'check-expired-subscriptions')
  await settle()
  assert.deepEqual([kicks(), line()?.rateLimit], [0, '2000k/8000k'])
  rooms.run(suspendSubscription, { subscriptionId, reason: 'asked for it' })
  await settle()
  assert.equal((await dial()).outcome, 'refused')
})
