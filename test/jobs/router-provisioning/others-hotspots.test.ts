import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import type { WantedServices } from '../../../src/routers/provision/wanted.ts'
import { type JobHouse, openJobHouse } from '../job-house.ts'
import { HOTSPOT, openRouter, provision } from './provisioning-house.ts'

test('a hotspot that is there is used as it is: only its profile learns to ask us', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, changes, simulator } = await openRouter(house)
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'hsprof1')
  assert.equal(profile?.['use-radius'], 'true')
  const touched = new Set(changes().map(([path]) => path))
  assert.deepEqual([...touched].sort(), [
    '/ip/firewall/filter/add',
    '/ip/hotspot/profile/set',
    '/ip/hotspot/walled-garden/add',
    '/ip/hotspot/walled-garden/ip/add',
    '/radius/add',
    '/radius/incoming/set',
    '/system/ntp/client/set',
    '/tool/fetch',
  ])
  assert.equal(simulator.rows('/file')[0]?.name, 'hotspot/login.html')
})

test('beside a hotspot of ours the one of others is not touched, nor are its pages', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator } = await openRouter(house)
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=login-by=https,mac,trial')
  const theirs = async () => (await print('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')
  const before = await theirs()
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.deepEqual(await theirs(), before)
  const pages = simulator.rows('/file').map(({ name }) => name)
  assert.deepEqual(
    pages.filter((name) => name?.endsWith('/login.html')),
    ['mlango/login.html'],
  )
  assert.ok(pages.includes('mlango/status.html'))
  const ours = (await print('/ip/hotspot/profile')).find(({ name }) => name === 'mlango')
  assert.equal(ours?.['html-directory'], 'mlango')
})

test('a PPPoE server alone takes over no hotspot, and lets go of none', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator: theirs, print, simulator } = await openRouter(house)
  await theirs.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=login-by=cookie,http-chap')
  const wanted: WantedServices = { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } }
  const asksUs = async () => (await print('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')?.['use-radius']
  const before = await asksUs()
  await provision(house, routerId, { wanted })
  assert.deepEqual([await asksUs(), simulator.rows('/file')], [before, []])

  const { routerId: usedId, print: printUsed, operator } = await openRouter(house)
  await provision(house, usedId)
  await provision(house, usedId, { wanted })
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=use-radius=no')
  await provision(house, usedId, { why: 'daily' })
  assert.equal((await printUsed('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')?.['use-radius'], 'true')
})

/** A router with two hotspots, each with a profile and pages of its own, of which none was ever ours. */
async function openTwoHotspots(house: JobHouse) {
  const opened = await openRouter(house)
  const { operator, print } = opened
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=login-by=cookie,http-chap', '=use-radius=no')
  await operator.ask('/ip/hotspot/profile/add', '=name=hsprof2', '=login-by=cookie,http-chap', '=html-directory=staff')
  await operator.ask('/ip/hotspot/add', '=name=staff', '=interface=ether2', '=profile=hsprof2', '=disabled=no')
  const asksUs = async () =>
    Object.fromEntries((await print('/ip/hotspot/profile')).map((row) => [row.name, row['use-radius']]))
  const last = () => provisioningOf(house.db, opened.routerId)
  return { ...opened, asksUs, last }
}

test('of several hotspots none is changed before somebody has said which is meant, and that is asked in one sentence', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, changes, last } = await openTwoHotspots(house)
  const before = changes().length
  await provision(house, routerId)
  assert.deepEqual(
    [last()?.state, last()?.stage, last()?.message],
    [
      'failed',
      'hotspot-server',
      `there are several hotspots (hotspot1 on bridge, staff on ether2) and none was changed; say which to use, one or more: mlango router provision ${routerId} --use hotspot1,staff`,
    ],
  )
  const touched = new Set(
    changes()
      .slice(before)
      .map(([path]) => path),
  )
  assert.deepEqual([...touched].sort(), [
    '/ip/firewall/filter/add',
    '/radius/add',
    '/radius/incoming/set',
    '/system/ntp/client/set',
  ])
  assert.deepEqual(await print('/ip/hotspot/walled-garden'), [])
})

test('of several hotspots those are used that somebody has named, and kept; the others stay as they are', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, simulator, operator, asksUs, last } = await openTwoHotspots(house)
  await provision(house, routerId, { wanted: { useHotspots: ['staff'] } })
  assert.deepEqual([last()?.state, await asksUs()], ['completed', { hsprof1: 'false', hsprof2: 'true' }])
  assert.deepEqual(
    simulator.rows('/file').map(({ name }) => name),
    ['staff/login.html'],
  )
  assert.equal((await print('/ip/hotspot/walled-garden')).length, 1)
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof2', '=use-radius=no')
  await provision(house, routerId, { why: 'daily' })
  assert.equal((await asksUs()).hsprof2, 'true')

  await provision(house, routerId, { wanted: { useHotspots: ['staff', 'lobby'] } })
  assert.equal(last()?.message, 'there is no running hotspot lobby')
})

for (const [named, shares, said] of [
  ['lobby', 'hsprof2', /there is no running hotspot lobby/],
  ['staff', 'hsprof1', /staff shares its profile hsprof1 with hotspot1/],
] as const) {
  test(`a hotspot of others that cannot be used keeps ours neither from being built nor from being set right: ${named}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, last } = await openTwoHotspots(house)
    await operator.ask('/ip/hotspot/set', '=.id=staff', `=profile=${shares}`)
    const ours = async () => (await print('/ip/hotspot')).find(({ name }) => name === 'mlango')?.disabled
    await provision(house, routerId, { wanted: { ...HOTSPOT, useHotspots: [named] } })
    assert.deepEqual([last()?.stage, await ours()], ['used-hotspot', 'false'])
    assert.match(last()?.message ?? '', said)
    await operator.ask('/ip/hotspot/set', '=.id=mlango', '=disabled=yes')
    await provision(house, routerId, { why: 'daily' })
    assert.equal(await ours(), 'false')
  })
}

test('a hotspot that is used goes on being so when somebody makes another one, which stays his', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, asksUs, simulator, last } = await openTwoHotspots(house)
  await operator.ask('/ip/hotspot/set', '=.id=staff', '=disabled=yes')
  await provision(house, routerId)
  await operator.ask('/ip/hotspot/set', '=.id=staff', '=disabled=no')
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=use-radius=no')
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual([last()?.state, await asksUs()], ['completed', { hsprof1: 'true', hsprof2: 'false' }])
  assert.deepEqual(
    simulator.rows('/file').map(({ name }) => name),
    ['hotspot/login.html'],
  )
})

test('what a hotspot shares with one that is not to be used is not changed, and it is said how to part them', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, asksUs, simulator, last } = await openTwoHotspots(house)
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof2', '=html-directory=hotspot')
  await provision(house, routerId, { wanted: { useHotspots: ['staff'] } })
  assert.deepEqual([last()?.state, (await asksUs()).hsprof2], ['completed', 'true'])
  assert.match(
    last()?.message ?? '',
    /staff shares its pages \(hotspot\) with hotspot1, which is not to be used, so the login page was not changed/,
  )
  assert.deepEqual(simulator.rows('/file'), [])

  await operator.ask('/ip/hotspot/set', '=.id=staff', '=profile=hsprof1')
  await provision(house, routerId)
  assert.match(last()?.message ?? '', /^staff shares its profile hsprof1 with hotspot1/)
  assert.equal((await asksUs()).hsprof1, 'false')
})

test('what is not ours stays as it is, and our rule stands in front of it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await operator.ask('/ip/firewall/filter/add', '=chain=input', '=action=drop', '=comment=defconf: drop all')
  await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', '=action=masquerade', '=out-interface=ether1')
  await operator.ask('/ip/pool/add', '=name=office', '=ranges=10.1.0.2-10.1.0.9')
  await provision(house, routerId, { wanted: HOTSPOT })
  const rules = await print('/ip/firewall/filter')
  assert.equal(rules.at(-1)?.comment, 'defconf: drop all')
  assert.ok(rules.length > 1)
  assert.deepEqual((await print('/ip/pool'))[0]?.name, 'office')
  assert.equal((await print('/ip/firewall/nat'))[0]?.['out-interface'], 'ether1')
})
