import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probeRouterJob } from '../../../jobs/router-monitoring/probe-router.ts'
import type { JobOutcome } from '../../../src/flow/job-outcome.ts'
import { adoptRouter, renewAdoption } from '../../../src/routers/registry.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import { beginProbe, probeOf } from '../../../src/routers/watch/probes.ts'
import { noteCheck } from '../../../src/routers/watch/reach.ts'
import { reachOf } from '../../../src/routers/watch/reach-table.ts'
import type { RouterSimulatorOptions } from '../../../src/simulators/router/simulated-router.ts'
import { type JobHouse, openJobHouse } from '../job-house.ts'

/** Runs the job, and its effects as the queue would. */
async function look(house: JobHouse, routerId: number, meanwhile = () => {}): Promise<JobOutcome> {
  const startedAtMs = probeOf(house.db, routerId)?.startedAtMs ?? 0
  const looking = house.runJob(probeRouterJob, { routerId, startedAtMs })
  meanwhile()
  const outcome = await looking
  if ('effects' in outcome) {
    for (const { command, input } of outcome.effects) {
      await house.store.run({ name: command } as Parameters<typeof house.store.run>[0], input as never)
    }
  }
  return outcome
}

async function adviceOf(house: JobHouse, options: RouterSimulatorOptions) {
  const { routerId } = await house.openRouter({}, options)
  await look(house, routerId)
  return probeOf(house.db, routerId)?.advice ?? []
}

test('a router that was registered is looked for at once, and known when it answers', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter({}, { version: '7.20.8' })
  assert.equal(house.jobs('probe-router').length, 1)
  assert.equal((await look(house, routerId)).kind, 'done')
  const router = routerById(house.db, routerId)
  assert.deepEqual(
    [router?.model, router?.version, router?.serial, router?.status],
    ['hAP ax^2', '7.20.8 (stable)', 'MLANGOSIM001', 'pending'],
  )
  assert.equal(probeOf(house.db, routerId)?.state, 'found')
  assert.deepEqual(probeOf(house.db, routerId)?.advice, [])
  assert.equal(reachOf(house.db, routerId)?.online, 1)
})

test('until it answers it is looked for every five seconds, then every ten, for ten minutes', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  simulator.faults.apiDown = true
  assert.deepEqual(delayOf(await look(house, routerId)), 5_000)
  assert.equal(probeOf(house.db, routerId)?.advice[0]?.code, 'unreachable')
  house.clock.step(61_000)
  assert.deepEqual(delayOf(await look(house, routerId)), 10_000)
  house.clock.step(540_000)
  assert.equal((await look(house, routerId)).kind, 'done')
  assert.equal(probeOf(house.db, routerId)?.state, 'given-up')
  house.run(beginProbe, { routerId })
  assert.equal(probeOf(house.db, routerId)?.state, 'looking')
})

const delayOf = (outcome: JobOutcome) => outcome.kind === 'snooze' && outcome.delayMs

test('a router that has not said where it is waits for its script, and calling home begins anew', async (t) => {
  const house = openJobHouse(t)
  const routerId = house.addRouter()
  assert.equal((await look(house, routerId)).kind, 'snooze')
  assert.equal(probeOf(house.db, routerId)?.advice[0]?.code, 'run-script')
  house.clock.step(11 * 60_000)
  await look(house, routerId)
  assert.equal(probeOf(house.db, routerId)?.state, 'given-up')
  const renewed = house.run(renewAdoption, { routerId })
  assert.ok(renewed.outcome === 'renewed')
  const report = { version: null, model: null, serial: null, failedSteps: [] }
  house.run(adoptRouter, { token: renewed.adoptToken, sourceAddress: '127.0.0.9', ...report })
  assert.equal(probeOf(house.db, routerId)?.state, 'looking')
})

test('a router from the factory is told of its device-mode before it can tell of it', async (t) => {
  const house = openJobHouse(t)
  const silent = house.addRouter()
  await look(house, silent)
  const { routerId, simulator } = await house.openRouter()
  simulator.faults.apiDown = true
  await look(house, routerId)
  for (const id of [silent, routerId]) {
    const advice = probeOf(house.db, id)?.advice.find(({ code }) => code === 'device-mode')
    assert.match(advice?.text ?? '', /"not allowed by device-mode".*within 5 minutes press/)
    assert.equal(advice?.command, '/system device-mode update hotspot=yes fetch=yes')
  }
})

test('after its button was pressed a router is looked at anew, and set up', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({}, { version: '7.20.8', deviceMode: 'home' })
  adopt(house, routerId)
  await look(house, routerId)
  assert.equal(probeOf(house.db, routerId)?.advice[0]?.code, 'device-mode')
  house.db.prepare("DELETE FROM jobs WHERE name = 'provision-router'").run()
  // It starts anew, as it does when its power is cut, and may do what it may not before.
  simulator.allowEverything()
  house.clock.step(60_000)
  house.run(noteCheck, { routerId, check: seen(3_600), interimIntervalSeconds: 300 })
  assert.equal(probeOf(house.db, routerId)?.state, 'found')
  house.run(noteCheck, { routerId, check: seen(20), interimIntervalSeconds: 300 })
  assert.equal(probeOf(house.db, routerId)?.state, 'looking')
  await look(house, routerId)
  assert.deepEqual(probeOf(house.db, routerId)?.advice, [])
  assert.ok(house.jobs('provision-router').some(({ payload }) => JSON.parse(payload).why === 'adopted'))
})

test('a router at which nothing has to be done is not looked at again when it starts anew', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  await look(house, routerId)
  house.run(noteCheck, { routerId, check: seen(1), interimIntervalSeconds: 300 })
  assert.equal(probeOf(house.db, routerId)?.state, 'found')
})

const seen = (uptimeSeconds: number) => ({ online: true as const, uptimeSeconds, version: null, model: null })

/** It calls home. */
function adopt(house: JobHouse, routerId: number): void {
  const renewed = house.run(renewAdoption, { routerId })
  assert.ok(renewed.outcome === 'renewed')
  const report = { version: null, model: null, serial: null, failedSteps: [] }
  house.run(adoptRouter, { token: renewed.adoptToken, sourceAddress: '127.0.0.1', ...report })
}

test('calling home while a look is under way begins anew, and what the look saw does not end it', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  const renewed = house.run(renewAdoption, { routerId })
  assert.ok(renewed.outcome === 'renewed')
  await look(house, routerId, () => {
    house.clock.step(1_000)
    const report = { version: null, model: null, serial: null, failedSteps: [] }
    house.run(adoptRouter, { token: renewed.adoptToken, sourceAddress: '127.0.0.1', ...report })
  })
  assert.equal(probeOf(house.db, routerId)?.state, 'looking')
  assert.equal(house.jobs('probe-router').length, 2)
  await look(house, routerId)
  assert.equal(probeOf(house.db, routerId)?.state, 'found')
  assert.equal(house.jobs('provision-router').length, 1)
})

test('a router that was removed is not looked for', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter()
  house.db.prepare('DELETE FROM routers WHERE id = ?').run(routerId)
  assert.equal((await look(house, routerId)).kind, 'done')
})

test('the device-mode of a new small router: the command, and the button', async (t) => {
  const [advice] = await adviceOf(openJobHouse(t), { version: '7.20.8', deviceMode: 'home' })
  assert.equal(advice?.code, 'device-mode')
  assert.match(advice?.text ?? '', /"home", which forbids the hotspot and fetch\. .*within 5 minutes press .* button/)
  assert.equal(advice?.command, '/system device-mode update hotspot=yes fetch=yes')
})

test('a router of before device-mode needs no button', async (t) => {
  assert.deepEqual(await adviceOf(openJobHouse(t), { version: '7.12.1', deviceMode: 'home' }), [])
})

test('a RouterOS 6 without the hotspot package is told which file it needs', async (t) => {
  const [advice] = await adviceOf(openJobHouse(t), { version: '6.49.17', packages: ['system', 'dhcp'] })
  assert.equal(advice?.code, 'hotspot-package')
  assert.match(advice?.text ?? '', /hotspot-6\.49\.17-arm64\.npk/)
})

test('a release that is too old is told to be upgraded', async (t) => {
  const [advice] = await adviceOf(openJobHouse(t), { version: '6.45.9' })
  assert.deepEqual([advice?.code, advice?.command], ['upgrade', '/system package update install'])
})

test('an account that may not read, and a wrong password, are told apart from a router that is away', async (t) => {
  const house = openJobHouse(t)
  assert.equal((await adviceOf(house, { policies: ['api'] }))[0]?.code, 'no-rights')
  const { routerId } = await house.openRouter({ apiPassword: 'another' })
  await look(house, routerId)
  assert.equal(probeOf(house.db, routerId)?.advice[0]?.code, 'password')
})
