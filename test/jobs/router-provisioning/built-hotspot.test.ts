import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { wishesOf } from '../../../src/routers/provision/wishes.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import { openJobHouse } from '../job-house.ts'
import { HOTSPOT, openRouter, provision } from './provisioning-house.ts'

for (const version of ['6.49.17', '7.12.1', '7.18.2', '7.20.8', '7.24']) {
  test(`a hotspot is built from the bridge up, once, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, print, changes } = await openRouter(house, { version })
    await provision(house, routerId, { wanted: HOTSPOT })
    const last = provisioningOf(house.db, routerId)
    assert.deepEqual([last?.state, last?.percent], ['completed', 100], last?.message)
    assert.equal(routerById(house.db, routerId)?.status, 'adopted')
    const [server] = (await print('/ip/hotspot')).filter(({ name }) => name === 'mlango')
    assert.deepEqual([server?.interface, server?.profile, server?.disabled], ['mlango', 'mlango', 'false'])
    const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'mlango')
    assert.deepEqual([profile?.['hotspot-address'], profile?.['use-radius']], ['10.9.0.1', 'true'])
    const [client] = (await print('/radius')).filter(({ comment }) => comment === 'mlango:radius')
    assert.deepEqual([client?.address, client?.timeout, client?.service], ['192.168.88.2', '3s', 'hotspot,ppp'])
    assert.equal((await print('/radius/incoming'))[0]?.accept, 'true')
    assert.deepEqual((await print('/ip/pool'))[0]?.ranges, '10.9.0.2-10.9.0.254')
    const count = changes().length
    await provision(house, routerId)
    assert.equal(changes().length, count)
    assert.equal(provisioningOf(house.db, routerId)?.message, 'everything was as wanted')
  })
}

for (const [version, named] of [
  ['6.49.17', 'server-dns-names'],
  ['7.20.8', 'servers'],
] as const) {
  test(`a router without the time of day is told whom to ask, on ${version}; one that asks somebody keeps to it`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, print } = await openRouter(house, { version })
    const client = async () => (await print('/system/ntp/client'))[0] ?? {}
    await provision(house, routerId, { wanted: HOTSPOT })
    assert.deepEqual([(await client()).enabled, (await client())[named]], ['true', '0.pool.ntp.org,1.pool.ntp.org'])

    const { routerId: otherId, operator, print: printOther } = await openRouter(house, { version })
    await operator.ask('/system/ntp/client/set', `=${named}=192.0.2.7`)
    await provision(house, otherId, { wanted: HOTSPOT })
    const other = (await printOther('/system/ntp/client'))[0]
    assert.deepEqual([other?.enabled, other?.[named]], ['true', '192.0.2.7'])
  })
}

test('every step is told while it is done, in order, up to the end', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  const told = house.facts('router.provisioning_progress').map(({ data }) => data as { stage: string; percent: number })
  const stages = [...new Set(told.map(({ stage }) => stage))]
  assert.deepEqual(stages, [
    'bridge',
    'address',
    'dhcp',
    'nat',
    'radius',
    'hotspot-profile',
    'hotspot-server',
    'walled-garden',
    'firewall',
    'ntp',
    'login-page',
    'completed',
  ])
  const percents = told.map(({ percent }) => percent)
  assert.deepEqual(
    percents,
    [...percents].sort((a, b) => a - b),
  )
})

test('a dry run shows what would be done, and does nothing', async (t) => {
  const house = openJobHouse(t)
  const { routerId, changes } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT, dryRun: true })
  const plan = provisioningOf(house.db, routerId)
  assert.deepEqual(changes(), [])
  assert.ok(plan?.steps.includes('add to /ip/pool: name=mlango-hotspot ranges=10.9.0.2-10.9.0.254'))
  assert.deepEqual([wishesOf(house.db, routerId).wanted, wishesOf(house.db, routerId).due], [{}, null])
  assert.equal(routerById(house.db, routerId)?.status, 'pending')
  assert.deepEqual(house.facts('router.provisioning_progress'), [])
  const secret = routerById(house.db, routerId)?.radiusSecret ?? ''
  assert.equal(JSON.stringify(plan).includes(secret), false)
})

test('the resolver answers nobody but phones: each way out is closed before it opens, and stays closed', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator, changes } = await openRouter(house)
  const closed = async () =>
    (await print('/ip/firewall/filter'))
      .filter(({ action, 'dst-port': port }) => action === 'drop' && port === '53')
      .map((row) => `${row['in-interface']} ${row.protocol}`)
      .sort()
  const isOpen = async () => (await print('/ip/dns'))[0]?.['allow-remote-requests'] === 'true'

  // Its cable to the Internet is not in yet: where that will be nobody knows.
  simulator.clear('/ip/route')
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.deepEqual([await isOpen(), await closed()], [false, []])

  const way = (name: string, active: string) =>
    simulator.show('/ip/route', { 'dst-address': '0.0.0.0/0', 'immediate-gw': `192.168.1.1%${name}`, active })
  const first = way('ether1', 'true')
  const second = simulator.show('/ip/route', { 'dst-address': '0.0.0.0/0', gateway: '10.7.0.1', active: 'false' })
  // The second is known by its gateway alone while it is not in use.
  await operator.ask('/ip/address/add', '=address=10.7.0.9/24', '=interface=bridge')
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal(await isOpen(), true)
  assert.deepEqual(await closed(), ['bridge tcp', 'bridge udp', 'ether1 tcp', 'ether1 udp'])
  const opened = changes().findIndex(([path]) => path === '/ip/dns/set')
  const rules = changes().filter(
    ([path, ...words]) => path === '/ip/firewall/filter/add' && words.includes('=dst-port=53'),
  )
  assert.ok(rules.every((rule) => changes().indexOf(rule) < opened))

  // The first fails for good; its rules stay, and are kept.
  first.hide()
  second.change({ active: 'true' })
  const [rule] = (await print('/ip/firewall/filter')).filter((row) => row['in-interface'] === 'ether1')
  await operator.ask('/ip/firewall/filter/set', `=.id=${rule?.['.id']}`, '=disabled=yes')
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await closed(), ['bridge tcp', 'bridge udp', 'ether1 tcp', 'ether1 udp'])
  assert.ok((await print('/ip/firewall/filter')).every(({ disabled }) => disabled === 'false'))
})

test('a router without a hotspot asks on which interface one is wanted', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator } = await openRouter(house)
  await operator.ask('/ip/hotspot/set', '=numbers=hotspot1', '=disabled=yes')
  await provision(house, routerId)
  assert.match(provisioningOf(house.db, routerId)?.message ?? '', /no hotspot; say on which interface/)
})

test('a PPPoE server is built beside the hotspot', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print } = await openRouter(house)
  await provision(house, routerId, { wanted: { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } } })
  assert.equal(
    provisioningOf(house.db, routerId)?.message,
    `${provisioningOf(house.db, routerId)?.steps.length} changes made`,
  )
  const [server] = await print('/interface/pppoe-server/server')
  assert.deepEqual(
    [server?.interface, server?.['default-profile'], server?.disabled],
    ['ether2', 'mlango-pppoe', 'false'],
  )
  assert.equal((await print('/ppp/aaa'))[0]?.['use-radius'], 'true')
})
