import assert from 'node:assert/strict'
import { describe, it, type TestContext, test } from 'node:test'
import { createHotspotUser } from '../../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { disconnectExpiredSessions } from '../../../jobs/session-management/disconnect-expired-sessions.ts'
import { readLocalUsage } from '../../../jobs/session-management/read-local-usage.ts'
import { endOverdueGrants } from '../../../src/access/end-grant.ts'
import { followClockStep } from '../../../src/access/follow-clock.ts'
import { noteOnline } from '../../../src/access/grant-progress.ts'
import { recordLocalUsage } from '../../../src/access/local-usage.ts'
import { remainingOf } from '../../../src/access/time-left.ts'
import { changeRouter } from '../../../src/routers/registry.ts'
import { openStay } from '../../access/stay.ts'
import { MAC } from '../../billing/purchase.ts'
import { logIn, rows } from '../../simulators/router/raw-api-client.ts'
import { API_PASSWORD, openJobHouse } from '../job-house.ts'

/** A customer who is online with a thousand bytes at a router that knows its users itself. */
async function setup(t: TestContext, change: Parameters<typeof openStay>[1] = {}) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' }, { clock: house.clock })
  simulator.join(MAC)
  const stay = openStay(house, { routerId, dataLimitBytes: 1_000, ...change })
  const { username, password } = stay.grant()
  await house.runJob(createHotspotUser, { grantId: stay.grantId })
  await house.runJob(checkRouters, {})
  const operator = await logIn(simulator.apiPort, 'mlango', API_PASSWORD, simulator.host)
  t.after(() => operator.close())
  return {
    house,
    simulator,
    ...stay,
    use: (bytes: number) => simulator.traffic(MAC, { inputBytes: bytes, outputBytes: 0 }),
    /** What the grant's use is after a look at the router. */
    async used() {
      await house.runJob(readLocalUsage, {})
      return stay.grant().usedBytes
    },
    /** Away and back: what was used goes into the user's counter. */
    async again() {
      simulator.leave(MAC)
      simulator.join(MAC)
      await simulator.logInByForm(MAC, { username, password })
    },
    /** What the grant's use is when the router says this. */
    told(userBytes: number, onlineBytes: number | null) {
      house.run(recordLocalUsage, {
        routerId,
        counts: [{ grantId: stay.grantId, userBytes, onlineBytes, onlineSeconds: onlineBytes === null ? null : 0 }],
      })
      return stay.grant().usedBytes
    },
    limit: async () =>
      rows(await operator.ask('/ip/hotspot/user/print')).find(({ name }) => name === username)?.['limit-bytes-total'],
  }
}

test('what a customer uses at a router that sends no accounting is counted once, over sessions and looks', async (t) => {
  const { use, used, again, simulator } = await setup(t)
  assert.equal(await used(), 0)
  use(100)
  assert.deepEqual([await used(), await used()], [100, 100])
  use(50)
  await again()
  use(30)
  assert.equal(await used(), 180)
  simulator.leave(MAC)
  assert.deepEqual([await used(), await used()], [180, 180])
})

test('a router that starts anew, with its users’ counters or without, loses nobody’s use', async (t) => {
  const { told } = await setup(t)
  assert.deepEqual([told(400, null), told(400, 100)], [400, 500])
  assert.deepEqual([told(400, 20), told(420, null)], [520, 520], 'the session that the power ended is in no counter')
  assert.deepEqual([told(0, 5), told(5, null), told(5, 5)], [525, 525, 530])
})

test('a release whose user counter has the running session in it is not counted twice', async (t) => {
  const { told } = await setup(t)
  assert.deepEqual([told(100, 100), told(150, 150), told(160, null), told(190, 30)], [100, 150, 160, 190])
})

test('when the data is used up the grant ends, and the user leaves the router', async (t) => {
  const { house, grantId, grant, simulator, use, used, limit } = await setup(t)
  use(999)
  assert.equal(await used(), 999)
  assert.equal(grant().endedAtMs, null)
  use(1)
  assert.equal(await used(), 1_000)
  assert.equal(grant().endReason, 'data-used')
  await house.runJob(disconnectExpiredSessions, { grantId })
  assert.equal(simulator.isOnline(MAC), false)
  assert.equal(await limit(), undefined)
})

test('a user who is written again keeps the limit that was sold, whatever was used meanwhile', async (t) => {
  const { house, grantId, use, used, limit } = await setup(t)
  use(400)
  await used()
  await house.runJob(createHotspotUser, { grantId })
  assert.equal(await limit(), '1000')
})

describe('a clock that runs only online, at a router that tells of no sessions', () => {
  const MINUTE_MS = 60_000

  /** Logged in just now, and looked at every minute. */
  async function online(t: TestContext) {
    const { house, simulator, account, grant, grantId, again } = await setup(t, {
      pausesOffline: true,
      dataLimitBytes: null,
    })
    const pass = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        house.clock.step(MINUTE_MS)
        await house.runJob(readLocalUsage, {})
      }
    }
    const left = () => Math.round(remainingOf(grant(), house.clock.nowMs()).seconds / 60)
    return { house, simulator, account, grant, grantId, again, pass, left }
  }

  it('stops when the phone was last seen, and goes on from its login', async (t) => {
    const { house, simulator, again, pass, left } = await online(t)
    await pass(10)
    assert.equal(left(), 50)
    simulator.leave(MAC)
    await pass(300)
    assert.equal(left(), 50)
    assert.equal(house.run(endOverdueGrants, {}).ended, 0)
    await again()
    await pass(20)
    assert.equal(left(), 30)
    assert.deepEqual([house.facts('access.paused').length, house.facts('access.continued').length], [1, 1])
    await pass(30)
    assert.equal(house.run(endOverdueGrants, {}).ended, 1)
  })

  it('stops, too, for a phone that left before the first look', async (t) => {
    const { house, grant, grantId, simulator, pass, left } = await online(t)
    // What the job that let it in ends with.
    house.run(noteOnline, { grantId, routerId: grant().routerId ?? 0 })
    simulator.leave(MAC)
    await pass(30)
    assert.equal(left(), 60)
  })

  it('goes on while the router cannot be asked, and stops at what was last seen when it can', async (t) => {
    const { house, simulator, pass, left } = await online(t)
    await pass(10)
    simulator.leave(MAC)
    house.clock.step(20 * MINUTE_MS)
    assert.equal(left(), 30)
    await pass(1)
    assert.equal(left(), 50)
  })

  it('stops with its session once the router lets RADIUS decide', async (t) => {
    const { house, grant, account, pass, left } = await online(t)
    await pass(10)
    house.run(changeRouter, { routerId: grant().routerId ?? 0, change: { accessMode: 'radius' } })
    account({ status: 'start' })
    await pass(1)
    account({ status: 'stop', sessionSeconds: 60 })
    await pass(30)
    assert.equal(left(), 49)
  })

  it('stops, too, where it was last seen at another router that has not answered since', async (t) => {
    const { house, account, pass, left } = await online(t)
    await pass(10)
    const routerId = house.addRouter()
    house.clock.step(10 * MINUTE_MS)
    account({ status: 'start', routerId })
    house.clock.step(10 * MINUTE_MS)
    account({ status: 'stop', routerId, sessionSeconds: 600 })
    house.clock.step(30 * MINUTE_MS)
    assert.equal(left(), 30)
  })

  it('moves with a clock that is set', async (t) => {
    const { house, simulator, pass, left } = await online(t)
    await pass(10)
    const byMs = 365 * 24 * 60 * MINUTE_MS
    house.clock.step(byMs)
    house.run(followClockStep, { byMs })
    simulator.leave(MAC)
    await pass(5)
    assert.equal(left(), 50)
  })
})
