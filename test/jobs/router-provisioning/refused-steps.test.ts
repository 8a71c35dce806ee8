import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { wishesOf } from '../../../src/routers/provision/wishes.ts'
import { openStay } from '../../access/stay.ts'
import { openJobHouse } from '../job-house.ts'
import { HOTSPOT, openRouter, provision } from './provisioning-house.ts'

test('where a port belongs to another bridge no hotspot is built, and what does not need it is done', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, changes, print } = await openRouter(house)
  await operator.ask('/interface/bridge/port/add', '=interface=ether2', '=bridge=bridge')
  const before = changes().length
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual(
    [last?.state, last?.stage, last?.message],
    ['failed', 'bridge', 'ether2 belongs to the bridge bridge'],
  )
  const touched = changes()
    .slice(before)
    .map(([path = '']) => path)
  assert.deepEqual(
    touched.filter((path) =>
      /^\/(interface|ip\/(address|pool|dhcp-server|dns|firewall\/nat))|^\/ip\/hotspot\/add/.test(path),
    ),
    [],
  )
  assert.equal((await print('/radius')).length, 1)
  assert.deepEqual(
    house.facts('router.provisioning_failed').map(({ data }) => data),
    [{ routerId, stage: 'bridge', message: 'ether2 belongs to the bridge bridge' }],
  )
})

test('a port that somebody takes away from our bridge does not keep the rest from being repaired', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  const port = (await print('/interface/bridge/port')).find((row) => row.interface === 'ether2')
  await operator.ask('/interface/bridge/port/set', `=.id=${port?.['.id']}`, '=bridge=bridge')
  await operator.ask('/radius/remove', `=.id=${(await print('/radius'))[0]?.['.id']}`)
  await operator.ask('/ip/hotspot/set', '=numbers=mlango', '=disabled=yes')
  await provision(house, routerId, { why: 'daily' })
  assert.equal((await print('/radius')).length, 1)
  assert.equal((await print('/ip/hotspot')).find(({ name }) => name === 'mlango')?.disabled, 'false')
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.message], ['failed', 'ether2 belongs to the bridge bridge'])
})

test('a router whose account may neither see its files nor fetch is set up but for the page', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, changes } = await openRouter(house)
  const no = 'not enough permissions (9)'
  simulator.faults.refuse = { '/file/print': no, '/tool/fetch': no }
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.equal(last?.state, 'completed')
  assert.match(
    last?.message ?? '',
    /\/file cannot be read: not enough permissions \(9\).*fetch .*login\.html: not enough/,
  )
  assert.equal((await print('/radius')).length, 1)
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
  const count = changes().length
  await provision(house, routerId, { why: 'daily' })
  assert.equal(changes().length, count)
})

test('where files cannot be seen the page is fetched when somebody asks, once, and not every night', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, changes } = await openRouter(house)
  simulator.faults.refuse = { '/file/print': 'not enough permissions (9)' }
  const fetches = () => changes().filter(([path]) => path === '/tool/fetch').length
  await provision(house, routerId)
  assert.equal(fetches(), 1)
  await provision(house, routerId, { why: 'daily' })
  assert.equal(fetches(), 1)
})

test('a menu that may not be read is named, and the others are set right', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  simulator.faults.refuse = { '/ip/firewall/filter/print': 'not enough permissions (9)' }
  await provision(house, routerId)
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual(
    [last?.state, last?.stage, last?.message],
    ['failed', 'reading', '/ip/firewall/filter cannot be read: not enough permissions (9)'],
  )
  assert.equal((await print('/radius')).length, 1)
})

test('what is refused on the router keeps nobody out who has paid', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house, {}, 'local')
  const { grant } = openStay(house, { routerId })
  simulator.faults.refuse = { '/ip/hotspot/walled-garden/add': 'failure: no' }
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.stage, 'walled-garden')
  assert.ok((await print('/ip/hotspot/user')).some(({ name }) => name === grant().username))
})

test('a step that is refused half-way is taken back, what was done before it stays, and what does not need it is done', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, simulator } = await openRouter(house)
  // The pool is made, then the server for it refused.
  simulator.faults.refuse = { '/ip/dhcp-server/add': 'failure: can not run on slave interface' }
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.stage], ['failed', 'dhcp'])
  assert.match(last?.message ?? '', /can not run on slave interface/)
  assert.deepEqual(await print('/ip/pool'), [])
  assert.equal((await print('/ip/address')).length, 1)
  assert.equal(
    last?.steps.some((step) => step.includes('/ip/pool')),
    false,
  )
  // What a hotspot is built on is missing, so no more of it is built; the rest is done.
  assert.deepEqual([(await print('/ip/firewall/nat')).length, (await print('/radius')).length], [0, 1])
  simulator.faults.refuse = {}
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
})

test('an answer that is lost is looked up: nothing is made twice', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, simulator } = await openRouter(house)
  simulator.faults.loseAnswersOf = '/ip/pool/add'
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.equal((await print('/ip/pool')).length, 1)
})

test('what was made before an answer was lost, and by the order itself, is taken back when its step is refused after all', async (t) => {
  for (const lost of ['/ip/address/add', '/ip/pool/add', '/ip/dhcp-server/add'] as const) {
    const house = openJobHouse(t)
    const { routerId, print, simulator } = await openRouter(house)
    simulator.faults.loseAnswersOf = lost
    simulator.faults.refuse = { '/ip/dhcp-server/network/add': 'failure: no' }
    await provision(house, routerId, { wanted: HOTSPOT })
    const last = provisioningOf(house.db, routerId)
    assert.deepEqual([lost, last?.state, last?.stage], [lost, 'failed', 'dhcp'])
    assert.doesNotMatch(last?.message ?? '', /not taken back/)
    assert.deepEqual([lost, await print('/ip/pool'), await print('/ip/dhcp-server')], [lost, [], []])
    assert.deepEqual(
      last?.steps.filter((step) => /\/ip\/(pool|dhcp-server)/.test(step)),
      [],
    )
    assert.equal((await print('/ip/address')).length, 1)
  }
})
