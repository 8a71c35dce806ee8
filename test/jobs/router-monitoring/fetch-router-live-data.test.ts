import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { fetchRouterLiveData } from '../../../jobs/router-monitoring/fetch-router-live-data.ts'
import { samplesOf } from '../../../src/routers/watch/samples.ts'
import { MAC } from '../../billing/purchase.ts'
import { openJobHouse } from '../job-house.ts'

for (const version of ['6.49.17', '7.12.1', '7.18.2', '7.20.8', '7.24']) {
  test(`the live data of a router with ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { simulator, routerId } = await house.openRouter({}, { version, identity: 'Tower 1' })
    simulator.join(MAC)
    await house.runJob(checkRouters, {})
    await house.runJob(fetchRouterLiveData, {})
    const [live] = house.live()
    assert.ok(live?.type === 'router.live_data_updated')
    const { interfaces, ...rest } = live.data
    assert.deepEqual(rest, {
      routerId,
      atMs: house.clock.nowMs(),
      identity: 'Tower 1',
      version: `${version} (stable)`,
      model: 'hAP ax^2',
      uptimeSeconds: rest.uptimeSeconds,
      cpuPercent: 3,
      freeMemoryBytes: 689963008,
      totalMemoryBytes: 1073741824,
      freeDiskBytes: 90177536,
      totalDiskBytes: 134217728,
      activeUsers: 0,
      leases: 1,
      hasDefaultRoute: true,
      uplink: 'ether1',
      health: version.startsWith('6.')
        ? [
            { name: 'voltage', value: '24.1', unit: '' },
            { name: 'temperature', value: '38', unit: '' },
          ]
        : [{ name: 'temperature', value: '45', unit: 'C' }],
    })
    assert.deepEqual(interfaces[0], { name: 'ether1', type: 'ether', running: true, rxBytes: 5000000, txBytes: 700000 })
  })
}

test('live data are news, not facts; of the history a point in five minutes is kept', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  await house.runJob(checkRouters, {})
  const journalled = house.facts().length
  for (let looks = 0; looks < 12; looks += 1) {
    await house.runJob(fetchRouterLiveData, {})
    house.clock.step(30_000)
  }
  assert.equal(house.facts().length, journalled)
  assert.equal(house.live().length, 12)
  assert.deepEqual(
    samplesOf(house.db, routerId, 0).map(({ uplinkRxBytes, uplink }) => [uplink, uplinkRxBytes]),
    [
      ['ether1', 5000000],
      ['ether1', 5000000],
    ],
  )
})

test('it runs at the full minute and again at the half', async (t) => {
  const house = openJobHouse(t)
  house.clock.step(60_000 - (house.clock.nowMs() % 60_000) + 200)
  assert.deepEqual(await house.runJob(fetchRouterLiveData, {}), { kind: 'snooze', delayMs: 29_800, effects: [] })
  house.clock.step(29_800)
  assert.equal((await house.runJob(fetchRouterLiveData, {})).kind, 'done')
})

test('nothing but what is needed is asked for, and a router that is away is not asked', async (t) => {
  const house = openJobHouse(t)
  const there = await house.openRouter()
  const away = await house.openRouter({ apiPassword: 'another-password' })
  await house.runJob(checkRouters, {})
  await house.runJob(fetchRouterLiveData, {})
  for (const words of there.simulator.commands) {
    assert.ok(
      words.some((word) => word.startsWith('=.proplist=') || word === '=count-only='),
      words.join(' '),
    )
  }
  assert.equal(there.simulator.commands.length, 8)
  assert.deepEqual(away.simulator.commands, [])
})

test('a router that falls silent does not keep the others from being read', async (t) => {
  const house = openJobHouse(t)
  const [silent, other] = [await house.openRouter(), await house.openRouter()]
  await house.runJob(checkRouters, {})
  silent.simulator.faults.apiSilent = true
  const job = house.runJob(fetchRouterLiveData, {})
  const startedMs = performance.now()
  while (house.live().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(performance.now() - startedMs < 1_000)
  assert.deepEqual(
    house.live().map(({ data }) => 'routerId' in data && data.routerId),
    [other.routerId],
  )
  await job
})

test('a router that does not answer holds its worker for two seconds at most', { timeout: 5_000 }, async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter()
  await house.runJob(checkRouters, {})
  simulator.faults.apiSilent = true
  const running = house.runJob(fetchRouterLiveData, {})
  house.clock.step(2_000)
  await running
  assert.deepEqual(house.live(), [])
})

test('what a slow router says is told by the next run, and it is not asked twice at once', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  await house.runJob(checkRouters, {})
  const { gate } = house.services
  const slow = Promise.withResolvers<void>()
  const speak: typeof gate.speak = (...to) => {
    const speech = gate.speak(...to)
    return { ...speech, look: async (words, timeoutMs) => slow.promise.then(() => speech.look(words, timeoutMs)) }
  }
  house.services.gate = { ...gate, speak }
  const from = house.clock.nowMs()
  for (let runs = 0; runs < 2; runs += 1) {
    const running = house.runJob(fetchRouterLiveData, {})
    house.clock.step(2_000)
    await running
  }
  assert.deepEqual(house.live(), [])
  const before = simulator.commands.length
  slow.resolve()
  await house.runJob(fetchRouterLiveData, {})
  assert.equal(simulator.commands.length - before, 7)
  const told = house.live().map(({ data }) => 'atMs' in data && [data.routerId, data.atMs])
  assert.deepEqual(told, [[routerId, from]])
})

test('a router that takes longer than it is worth is asked anew', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter()
  await house.runJob(checkRouters, {})
  simulator.faults.apiSilent = true
  const running = house.runJob(fetchRouterLiveData, {})
  house.clock.step(2_000)
  await running
  house.clock.step(23_000)
  simulator.faults.apiSilent = false
  // The one gives up, the other reads.
  await house.runJob(fetchRouterLiveData, {})
  await house.runJob(fetchRouterLiveData, {})
  assert.equal(house.live().length, 1)
})
