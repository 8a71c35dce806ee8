import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { APPLIANCE, openJobHouse } from '../job-house.ts'
import { HOTSPOT, HTTPS, openRouter, provision } from './provisioning-house.ts'

test('a router that keeps its sessions to itself sends no phone to ask us whether it is captive', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, standInside } = await openRouter(house, {}, 'local')
  await standInside()
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})

for (const version of ['6.49.17', '7.12.1', '7.20.8']) {
  test(`phones are told by DHCP where to ask whether they are captive, while the portal has https, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes, standInside } = await openRouter(house, { version })
    await standInside()
    const options = async () => (await print('/ip/dhcp-server/option')).map(({ '.id': _id, ...row }) => row)
    const named = async () => (await print('/ip/dhcp-server/network'))[0]?.['dhcp-option']
    await provision(house, routerId, { wanted: HOTSPOT })
    assert.deepEqual([await options(), await named()], [[], undefined])

    house.services.applianceFor = async () => HTTPS
    await provision(house, routerId, { dryRun: true })
    const plan = provisioningOf(house.db, routerId)?.steps ?? []
    assert.ok(plan.some((step) => step.startsWith('add to /ip/dhcp-server/option: name=mlango-capport code=114 ')))
    assert.ok(plan.includes('set /ip/dhcp-server/network mlango:hotspot: dhcp-option=mlango-capport'))
    assert.deepEqual(await options(), [])

    await provision(house, routerId)
    const ours = { name: 'mlango-capport', code: '114', value: "'https://portal.site.example/capport'" }
    const forced = version.startsWith('7') ? { force: 'true' } : {}
    const said = version === '7.20.8' ? { comment: 'mlango:capport' } : {}
    assert.deepEqual([await options(), await named()], [[{ ...ours, ...forced, ...said }], 'mlango-capport'])
    const count = changes().length
    await provision(house, routerId)
    assert.equal(changes().length, count)

    await operator.ask('/ip/dhcp-server/option/set', '=.id=mlango-capport', "=value='https://elsewhere.example/'")
    await operator.ask('/ip/dhcp-server/network/set', '=.id=*1', '=dhcp-option=')
    await provision(house, routerId, { why: 'daily' })
    const [repaired] = house.facts('router.drift_repaired')
    assert.equal(repaired?.type === 'router.drift_repaired' && repaired.data.changes.length, 2)
    assert.deepEqual([(await options())[0]?.value, await named()], [ours.value, 'mlango-capport'])

    house.services.applianceFor = async () => APPLIANCE
    await provision(house, routerId, { why: 'daily' })
    assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
    assert.deepEqual([await options(), await named()], [[], undefined])
  })
}

test('an option that others gave to the network stays in front of ours, and after it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, standInside } = await openRouter(house)
  await standInside()
  // A hotspot that others have made, and the office beside it.
  await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
  await operator.ask('/ip/address/add', '=address=10.1.0.1/24', '=interface=ether2')
  await operator.ask('/ip/dhcp-server/option/add', '=name=phones', '=code=66', "=value='10.1.0.9'")
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.50.0/24', '=dhcp-option=phones')
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.0.0/16')
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.1.0.0/24', '=dhcp-option=phones')
  const named = async () => (await print('/ip/dhcp-server/network')).map((row) => row['dhcp-option'])
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId)
  assert.deepEqual(await named(), ['phones,mlango-capport', undefined, 'phones'])
  house.services.applianceFor = async () => APPLIANCE
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await named(), ['phones', undefined, 'phones'])
  assert.deepEqual(
    (await print('/ip/dhcp-server/option')).map(({ name, code, value }) => [name, code, value]),
    [['phones', '66', "'10.1.0.9'"]],
  )
})

test('a network that already tells another captive portal keeps to it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, changes, standInside } = await openRouter(house)
  await standInside()
  await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
  await operator.ask('/ip/dhcp-server/option/add', '=name=own', '=code=114', "=value='https://own.example/api'")
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.50.0/24', '=dhcp-option=own')
  house.services.applianceFor = async () => HTTPS
  const before = changes().length
  await provision(house, routerId)
  assert.equal((await print('/ip/dhcp-server/network'))[0]?.['dhcp-option'], 'own')
  assert.deepEqual(
    changes()
      .slice(before)
      .filter(([path]) => path?.startsWith('/ip/dhcp-server')),
    [],
  )
})

test('so does the network of the hotspot that we built', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, standInside } = await openRouter(house)
  await standInside()
  await provision(house, routerId, { wanted: HOTSPOT })
  await operator.ask('/ip/dhcp-server/option/add', '=name=own', '=code=114', "=value='https://own.example/api'")
  await operator.ask('/ip/dhcp-server/network/set', '=.id=*1', '=dhcp-option=own')
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId, { why: 'daily' })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.equal((await print('/ip/dhcp-server/network'))[0]?.['dhcp-option'], 'own')
  assert.deepEqual(
    (await print('/ip/dhcp-server/option')).map(({ name }) => name),
    ['own'],
  )
})

test('an option that the network then refuses is taken away again', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, standInside } = await openRouter(house)
  await standInside()
  await provision(house, routerId, { wanted: HOTSPOT })
  house.services.applianceFor = async () => HTTPS
  simulator.faults.refuse = { '/ip/dhcp-server/network/set': 'failure: no' }
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.stage, 'dhcp')
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})
