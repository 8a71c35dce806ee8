import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisionRouter } from '../../../jobs/router-provisioning/provision-router.ts'
import { FINISH_RUN, type FinishRun } from '../../../src/flow/engine.ts'
import { cancelJob } from '../../../src/flow/queue-commands.ts'
import type { RunEnd } from '../../../src/flow/run-ends.ts'
import { beginProvisioning, provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { wishesOf } from '../../../src/routers/provision/wishes.ts'
import { changeRouter } from '../../../src/routers/registry.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import type { RouterSimulator } from '../../../src/simulators/router/simulated-router.ts'
import type { NamedCommand } from '../../../src/store/client.ts'
import { APPLIANCE, type JobHouse, openJobHouse } from '../job-house.ts'
import { HOTSPOT, openRouter, order, provision, runOrders } from './provisioning-house.ts'

test('drift is found and repaired, and told; nothing is told when there is none', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(house.facts('router.drift_repaired'), [])
  await operator.ask('/ip/hotspot/set', '=numbers=mlango', '=disabled=yes')
  const [client] = await print('/radius')
  await operator.ask('/radius/remove', `=.id=${client?.['.id']}`)
  await provision(house, routerId, { why: 'reconnected' })
  const [repaired] = house.facts('router.drift_repaired')
  assert.ok(repaired?.type === 'router.drift_repaired')
  assert.equal(repaired.data.why, 'reconnected')
  assert.equal(repaired.data.changes.length, 2)
  assert.equal((await print('/ip/hotspot')).find(({ name }) => name === 'mlango')?.disabled, 'false')
  assert.equal((await print('/radius')).length, 1)
})

test('a router that nobody has asked us to set up is left alone when it comes back', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  assert.equal(house.run(beginProvisioning, { routerId, why: 'reconnected' }), undefined)
  assert.deepEqual(house.jobs('provision-router'), [])
})

test('a router that is away costs no try', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  simulator.faults.apiDown = true
  assert.equal((await provision(house, routerId))?.kind, 'offline')
})

test('a box that has no address yet writes nothing to a router until it has one', async (t) => {
  const house = openJobHouse(t)
  const { routerId, changes, print } = await openRouter(house)
  house.services.applianceFor = async () => undefined
  assert.equal((await provision(house, routerId, { wanted: HOTSPOT }))?.kind, 'snooze')
  assert.deepEqual(changes(), [])
  house.services.applianceFor = async () => APPLIANCE
  await provision(house, routerId)
  assert.equal((await print('/radius'))[0]?.address, APPLIANCE.address)
})

test('a box whose address has changed tells its routers, and their login page too', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  // As many letters as before.
  house.services.applianceFor = async () => ({
    ...APPLIANCE,
    ...{ address: '192.168.88.3', portalUrl: 'http://192.168.88.3:8080' },
  })
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal((await print('/radius'))[0]?.address, '192.168.88.3')
  const fetched = simulator.commands.filter(([path]) => path === '/tool/fetch')
  assert.ok(fetched.at(-1)?.some((word) => word.startsWith('=url=http://192.168.88.3:8080/hotspot/login.html')))
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
})

test('without a router it makes a job for each that is kept', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  await house.openRouter()
  await provision(house, routerId)
  await house.runJob(provisionRouter, { why: 'daily', dryRun: false })
  const orders = house.jobs('provision-router').map(({ payload }) => JSON.parse(payload).routerId)
  assert.deepEqual([...new Set(orders)], [routerId])
})

/** It cannot be read back. */
const secretsGiven = ({ commands }: RouterSimulator) =>
  commands.flatMap((words) => words.flatMap((word) => /^=secret=(.*)/.exec(word)?.[1] ?? []))

test('a secret that is changed while an order waits for its router reaches it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  await provision(house, routerId)
  order(house, routerId, { why: 'daily' })
  house.run(changeRouter, { routerId, change: { radiusSecret: 'the-new-secret' } })
  await runOrders(house)
  assert.deepEqual(secretsGiven(simulator), ['a-radius-secret', 'the-new-secret'])
  assert.equal(wishesOf(house.db, routerId).secretsDue, false)
})

test('a secret that could not be written is written by the next run, whoever ordered that', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  await provision(house, routerId)
  house.run(changeRouter, { routerId, change: { radiusSecret: 'the-new-secret' } })
  simulator.faults.refuse = { '/radius/set': 'failure: no' }
  await provision(house, routerId, { secrets: true })
  assert.equal(wishesOf(house.db, routerId).secretsDue, true)
  simulator.faults.refuse = {}
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(secretsGiven(simulator), ['a-radius-secret', 'the-new-secret', 'the-new-secret'])
  assert.equal(wishesOf(house.db, routerId).secretsDue, false)
})

test('what is asked for while a run reads the router is done after it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print } = await openRouter(house)
  order(house, routerId)
  const running = runOrders(house)
  order(house, routerId, { wanted: HOTSPOT })
  await running
  assert.equal(wishesOf(house.db, routerId).due, 'asked')
  await runOrders(house)
  assert.equal((await print('/ip/hotspot')).at(-1)?.name, 'mlango')
  assert.equal(wishesOf(house.db, routerId).due, null)
})

test('two dry runs of different wishes are two plans', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  order(house, routerId, { wanted: HOTSPOT, dryRun: true })
  order(house, routerId, { wanted: { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } }, dryRun: true })
  await runOrders(house)
  assert.ok(provisioningOf(house.db, routerId)?.steps.some((step) => step.includes('/interface/pppoe-server')))
})

test('a router with users of its own is set up when it has called home, and kept', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house, {}, 'local')
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=use-radius=yes')
  // As the first look at it does: it is seen, and it wants to be ours.
  order(house, routerId, { why: 'reconnected' })
  house.run(beginProvisioning, { routerId, why: 'adopted' })
  await runOrders(house)
  const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'hsprof1')
  assert.equal(profile?.['use-radius'], 'false')
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
  assert.equal(routerById(house.db, routerId)?.status, 'adopted')
})

test('an order that failed is done when the router comes back', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  simulator.faults.refuse = { '/ip/pool/add': 'failure: no' }
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(wishesOf(house.db, routerId).provisionedAtMs, null)
  simulator.faults.refuse = {}
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal((await print('/ip/hotspot')).at(-1)?.name, 'mlango')
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
})

/** A run that is at the router, claimed as the queue would, and has done its first step. */
async function openRun(house: JobHouse) {
  const { routerId } = await openRouter(house)
  order(house, routerId)
  const jobId = house.value("SELECT id FROM jobs WHERE name = 'provision-router'") as number
  house.db
    .prepare("UPDATE jobs SET state = 'running', owner = ?, epoch = 1, attempt = 1 WHERE id = ?")
    .run(house.value('SELECT max(rowid) FROM boots') as number, jobId)
  house.services.jobId = jobId
  const [payload] = house.jobs('provision-router').map((job) => JSON.parse(job.payload))
  await house.runJob(provisionRouter, payload)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'running')
  return { routerId, jobId }
}

const endRun = (house: JobHouse, jobId: number, end: RunEnd) =>
  house.run({ name: FINISH_RUN } as NamedCommand<FinishRun, void>, { fence: { jobId, epoch: 1 }, end, ranMs: 1 })

test('a run that takes too long has failed, and is not told as running for ever', async (t) => {
  const house = openJobHouse(t)
  const { routerId, jobId } = await openRun(house)
  endRun(house, jobId, { kind: 'timed-out', message: 'provision-router took longer than 120000 ms' })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.message], ['failed', 'provision-router took longer than 120000 ms'])
  assert.equal(house.facts('router.provisioning_failed').length, 1)
  assert.equal(wishesOf(house.db, routerId).due, 'asked')
})

test('a run that was cancelled is not told as running for ever', async (t) => {
  const house = openJobHouse(t)
  const { routerId, jobId } = await openRun(house)
  house.run(cancelJob, { jobId })
  endRun(house, jobId, { kind: 'cancelled' })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'cancelled')
})
