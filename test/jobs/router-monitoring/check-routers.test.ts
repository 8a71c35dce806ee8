import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { holdsOfKind, putHold } from '../../../src/flow/hold-table.ts'
import { changeRouter } from '../../../src/routers/registry.ts'
import { allRouters } from '../../../src/routers/router-table.ts'
import { reachOf } from '../../../src/routers/watch/reach-table.ts'
import { type JobHouse, openJobHouse } from '../job-house.ts'

const told = (house: JobHouse) =>
  house
    .facts('router.status_updated')
    .map(({ data }) => data as { routerId: number; online: boolean; rebooted: boolean; reason: string | null })

test('a router that goes away and comes back is told once each, and stays provisioned as it was', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  await house.runJob(checkRouters, {})
  await house.runJob(checkRouters, {})
  simulator.faults.apiDown = true
  await house.runJob(checkRouters, {})
  await house.runJob(checkRouters, {})
  const status = () => allRouters(house.db).map(({ status }) => status)
  assert.deepEqual(
    told(house).map(({ online }) => online),
    [true, false],
  )
  assert.match(told(house)[1]?.reason ?? '', /ECONNRESET|broke|closed/)
  assert.deepEqual(status(), ['pending'])
  simulator.faults.apiDown = false
  // The way to it is believed to be broken for two seconds.
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  await house.runJob(checkRouters, { routerId })
  assert.equal(reachOf(house.db, routerId)?.online, 1)
  assert.deepEqual(status(), ['pending'])
})

test('a router from which nothing comes back is down within fifteen seconds, and nobody waits for it', async (t) => {
  const house = openJobHouse(t)
  const dead = await house.openRouter()
  const others = await Promise.all([house.openRouter(), house.openRouter(), house.openRouter()])
  await house.runJob(checkRouters, {})
  house.clock.step(1)
  dead.simulator.faults.apiSilent = true
  const startedMs = performance.now()
  const job = house.runJob(checkRouters, {})
  const checked = () =>
    others.filter(({ routerId }) => (reachOf(house.db, routerId)?.checkedAtMs ?? 0) === house.clock.nowMs())
  while (checked().length < others.length) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(performance.now() - startedMs < 1_000, 'the others waited')
  assert.equal(reachOf(house.db, dead.routerId)?.online, 1)
  await job
  assert.ok(performance.now() - startedMs < 15_000)
  assert.equal(reachOf(house.db, dead.routerId)?.online, 0)
})

/** Jobs at the router have found it down so often that the next one goes in a minute. */
function putTargetHold(house: JobHouse, routerId: number): void {
  const now = { sinceMs: house.clock.nowMs(), untilMs: house.clock.nowMs() + 60_000 }
  putHold(house.db, {
    ...{ key: `target router ${routerId}`, kind: 'target', reason: 'no way there', ...now },
    ...{ failures: 6, probeJobId: null, lifted: 0 },
  })
}

test('what waits for a router goes as soon as a look has reached it', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  putTargetHold(house, routerId)
  assert.equal(holdsOfKind(house.db, 'target').length, 1)
  await house.runJob(checkRouters, {})
  assert.deepEqual(holdsOfKind(house.db, 'target'), [])
})

test('a router that answers every look, but no job, is not tried more often for it', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  await house.runJob(checkRouters, {})
  putTargetHold(house, routerId)
  const held = holdsOfKind(house.db, 'target')
  await house.runJob(checkRouters, {})
  assert.deepEqual(holdsOfKind(house.db, 'target'), held)
})

test('a router that started anew between two looks is noticed, though it was never seen away', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter({}, { clock: house.clock })
  house.clock.step(3_600_000)
  await house.runJob(checkRouters, {})
  simulator.reboot()
  house.clock.step(30_000)
  await house.runJob(checkRouters, {})
  house.clock.step(30_000)
  await house.runJob(checkRouters, {})
  assert.deepEqual(
    told(house).map(({ online, rebooted }) => ({ online, rebooted })),
    [
      { online: true, rebooted: false },
      { online: true, rebooted: true },
    ],
  )
})

test('a router that does not take our password cannot be used, and says why', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter({ apiPassword: 'another-password' })
  await house.runJob(checkRouters, {})
  assert.equal(reachOf(house.db, routerId)?.online, 0)
  assert.match(reachOf(house.db, routerId)?.reason ?? '', /refused our login/)
})

const isDown = (house: JobHouse, routerId: number) =>
  house.value('SELECT down_since_ms FROM router_reach WHERE router_id = ?', routerId) !== null

test('a router that is there is not without Internet because we cannot get in, and one that is gone is', async (t) => {
  const house = openJobHouse(t)
  const there = await Promise.all([house.openRouter(), house.openRouter()])
  const gone = await house.openRouter()
  await house.runJob(checkRouters, {})
  house.run(changeRouter, { routerId: there[0]?.routerId ?? 0, change: { apiPassword: 'another-password' } })
  // Nothing listens there.
  house.run(changeRouter, { routerId: there[1]?.routerId ?? 0, change: { apiPort: 1 } })
  gone.simulator.faults.apiDown = true
  await house.runJob(checkRouters, {})
  for (const { routerId } of [...there, gone]) assert.equal(reachOf(house.db, routerId)?.online, 0)
  assert.deepEqual(
    there.map(({ routerId }) => isDown(house, routerId)),
    [false, false],
  )
  assert.equal(isDown(house, gone.routerId), true)
})

test('a router that was removed while it was looked at leaves nothing behind', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  const job = house.runJob(checkRouters, {})
  house.db.prepare('DELETE FROM routers WHERE id = ?').run(routerId)
  assert.equal((await job).kind, 'done')
  assert.deepEqual(house.rows('SELECT * FROM router_reach'), [])
})
