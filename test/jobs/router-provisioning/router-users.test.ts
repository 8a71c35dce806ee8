import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revokeGrant } from '../../../src/access/end-grant.ts'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { changeRouter } from '../../../src/routers/registry.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import { openStay } from '../../access/stay.ts'
import { MAC } from '../../billing/purchase.ts'
import { openJobHouse } from '../job-house.ts'
import { OTHER_MAC, openRouter, provision } from './provisioning-house.ts'

test('a local router that was away for a day has the users that it should have, and who is online stays so', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, operator } = await openRouter(house, {}, 'local')
  simulator.join(MAC)
  const staying = openStay(house, { routerId })
  const over = openStay(house, { routerId, macAddress: null })
  await operator.ask('/ip/hotspot/user/add', '=name=owner', '=password=x')
  await provision(house, routerId, { why: 'reconnected' })
  await simulator.logInByForm(MAC, { username: staying.grant().username, password: staying.grant().password })
  assert.equal(simulator.isOnline(MAC), true)
  // While it is away, one ends and one is sold.
  house.run(revokeGrant, { grantId: over.grantId })
  const sold = openStay(house, { routerId, macAddress: null })
  const kicksBefore = simulator.kicks.length
  await provision(house, routerId, { why: 'reconnected' })
  const names = (await print('/ip/hotspot/user')).map(({ name }) => name)
  assert.deepEqual(names.sort(), ['default-trial', 'owner', sold.grant().username, staying.grant().username].sort())
  assert.equal(simulator.kicks.length, kicksBefore)
  assert.equal(simulator.isOnline(MAC), true)
  assert.equal(house.facts('router.drift_repaired').length, 2)
  assert.equal(routerById(house.db, routerId)?.status, 'pending')
})

for (const [what, ...change] of [
  ['a time that is too short', '=limit-uptime=10m'],
  ['no end of its time', '=limit-uptime=0s'],
  ['a data limit that nobody has sold', '=limit-bytes-total=1000'],
  ['the speed of another package', '=profile=default'],
  ['been switched off', '=disabled=yes'],
] as const) {
  test(`a user on a local router that has ${what} is set right, and then left alone`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes } = await openRouter(house, {}, 'local')
    const { grant } = openStay(house, { routerId, downKbps: 2_000, upKbps: 1_000 })
    await provision(house, routerId, { why: 'reconnected' })
    const users = async () => (await print('/ip/hotspot/user')).filter(({ name }) => name === grant().username)
    const [right] = await users()
    await operator.ask('/ip/hotspot/user/set', `=.id=${right?.['.id']}`, ...change)
    await provision(house, routerId, { why: 'daily' })
    const shown = ({ 'limit-bytes-total': bytes, ...row }: Record<string, string> = {}) => ({
      ...row,
      bytes: bytes ?? '0',
    })
    assert.deepEqual(shown((await users())[0]), shown(right))
    assert.equal(house.facts('router.drift_repaired').length, 2)
    const count = changes().length
    await provision(house, routerId, { why: 'daily' })
    assert.equal(changes().length, count)
  })
}

for (const [what, speeds, ...change] of [
  ['another speed', { downKbps: 2_000, upKbps: 1_000 }, '=rate-limit=9M/9M'],
  ['a speed where none was sold', { downKbps: null, upKbps: null }, '=rate-limit=64k/64k'],
  ['more devices', { downKbps: 2_000, upKbps: 1_000 }, '=shared-users=9'],
] as const) {
  test(`a profile of ours to which somebody has given ${what} is set right once, and then left alone`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes } = await openRouter(house, {}, 'local')
    for (const macAddress of [MAC, OTHER_MAC]) openStay(house, { routerId, macAddress, ...speeds })
    await provision(house, routerId, { why: 'reconnected' })
    const shown = async () => {
      const ours = (await print('/ip/hotspot/user/profile')).find(({ name = '' }) => name.startsWith('mlango-'))
      return { id: ours?.['.id'], rate: ours?.['rate-limit'] || '0/0', devices: ours?.['shared-users'] }
    }
    const right = await shown()
    await operator.ask('/ip/hotspot/user/profile/set', `=.id=${right.id}`, ...change)
    const before = changes().length
    await provision(house, routerId, { why: 'daily' })
    assert.deepEqual(await shown(), right)
    await provision(house, routerId, { why: 'daily' })
    assert.deepEqual(
      changes()
        .slice(before)
        .map(([path]) => path),
      ['/ip/hotspot/user/profile/set'],
    )
  })
}

test('a profile whose speed the router says in another unit is as wanted', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, changes } = await openRouter(house, {}, 'local')
  openStay(house, { routerId, downKbps: 2_000, upKbps: 1_500 })
  await provision(house, routerId, { why: 'reconnected' })
  const ours = (await print('/ip/hotspot/user/profile')).find(({ name = '' }) => name.startsWith('mlango-'))
  await operator.ask('/ip/hotspot/user/profile/set', `=.id=${ours?.['.id']}`, '=rate-limit=1500000/2M')
  const before = changes().length
  await provision(house, routerId, { why: 'daily' })
  assert.equal(changes().length, before)
})

test('a router that goes over from own users to RADIUS keeps those online who have paid, and nobody else', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house, {}, 'local')
  const [paying, over] = [openStay(house, { routerId }), openStay(house, { routerId, macAddress: OTHER_MAC })]
  await provision(house, routerId)
  for (const [macAddress, { grant }] of [
    [MAC, paying],
    [OTHER_MAC, over],
  ] as const) {
    simulator.join(macAddress)
    await simulator.logInByForm(macAddress, { username: grant().username, password: grant().password })
    assert.equal(simulator.isOnline(macAddress), true)
  }
  house.run(changeRouter, { routerId, change: { accessMode: 'radius' } })
  house.run(revokeGrant, { grantId: over.grantId })
  await provision(house, routerId)
  assert.deepEqual(
    (await print('/ip/hotspot/user')).map(({ name }) => name),
    ['default-trial'],
  )
  assert.deepEqual([simulator.isOnline(MAC), simulator.isOnline(OTHER_MAC)], [true, false])
  assert.equal(
    (await print('/ip/hotspot/cookie')).some((row) => row['mac-address'] === MAC),
    true,
  )
})

test('all users with which the router does not do what they need are named at once, and the others are set right', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house, {}, 'local')
  const stale = openStay(house, { routerId, macAddress: null })
  await provision(house, routerId)
  house.run(revokeGrant, { grantId: stale.grantId })
  const refused = [1, 2, 3].map(() => openStay(house, { routerId, macAddress: null }).grant().username)
  simulator.faults.refuse = { '/ip/hotspot/user/add': 'not enough permissions (9)' }
  await provision(house, routerId, { why: 'daily' })
  const last = provisioningOf(house.db, routerId)
  const reasons = refused.sort().map((name) => `${name}: not enough permissions (9)`)
  assert.deepEqual([last?.stage, last?.message], ['users', `the router refused users: ${reasons.join('; ')}`])
  assert.deepEqual(last?.steps, [`removed the user ${stale.grant().username}, whose time is over or stands still`])
  assert.deepEqual(
    (await print('/ip/hotspot/user')).map(({ name }) => name),
    ['default-trial'],
  )
})

test('users that would hide ours from RADIUS: ours are removed, others are named', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  const { grant } = openStay(house, { routerId })
  await operator.ask('/ip/hotspot/user/add', '=name=OLD', '=comment=mlango:gone')
  await operator.ask('/ip/hotspot/user/add', `=name=${grant().username}`, '=comment=by hand')
  await provision(house, routerId)
  assert.match(
    provisioningOf(house.db, routerId)?.message ?? '',
    new RegExp(`hide ours from RADIUS: ${grant().username}$`),
  )
  const names = (await print('/ip/hotspot/user')).map(({ name }) => name)
  assert.deepEqual(names, ['default-trial', grant().username])
})
