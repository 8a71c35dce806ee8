import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import { APPLIANCE, openJobHouse } from '../job-house.ts'
import { HOTSPOT, HTTPS, openRouter, provision } from './provisioning-house.ts'

for (const version of ['6.49.17', '7.20.8']) {
  test(`phones come to the box with their own addresses, before anybody masquerades them, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes, standInside } = await openRouter(house, { version })
    await standInside()
    // A hotspot that "/ip hotspot setup" has made.
    await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
    await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', '=action=masquerade', '=src-address=10.5.50.0/24')
    const nat = async () => (await print('/ip/firewall/nat')).map((row) => [row.action, row['src-address']])
    await provision(house, routerId)
    assert.deepEqual(await nat(), [
      ['accept', '10.5.50.0/24'],
      ['masquerade', '10.5.50.0/24'],
    ])
    await provision(house, routerId, { wanted: HOTSPOT })
    const wanted = [
      ['accept', '10.9.0.0/24'],
      ['masquerade', '10.5.50.0/24'],
      ['masquerade', '10.9.0.0/24'],
    ]
    assert.deepEqual(await nat(), wanted)
    assert.equal((await print('/ip/firewall/nat'))[0]?.['dst-address'], '192.168.88.2')
    const count = changes().length
    await provision(house, routerId, { why: 'daily' })
    assert.equal(changes().length, count)

    // Somebody moves his in front.
    await operator.ask(
      '/ip/firewall/nat/move',
      '=numbers=*1',
      `=destination=${(await print('/ip/firewall/nat'))[0]?.['.id']}`,
    )
    await provision(house, routerId, { why: 'daily' })
    assert.deepEqual(await nat(), wanted)
  })
}

test('phones that a masquerade hides are told of, with the rule and what to do; the rest is done', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  const message = () => provisioningOf(house.db, routerId)?.message ?? ''
  const nat = async () => (await print('/ip/firewall/nat')).map(({ action, comment }) => comment ?? action)
  await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
  await operator.ask('/ip/address/add', '=address=192.168.1.5/24', '=interface=ether1')
  await operator.ask('/interface/list/member/add', '=list=WAN', '=interface=ether1')
  const ofWan = ['=action=masquerade', '=out-interface-list=WAN', '=comment=defconf: masquerade']
  await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', ...ofWan)
  const says = (appliance: Partial<typeof APPLIANCE>) => {
    house.services.applianceFor = async () => ({ ...APPLIANCE, address: '192.168.1.2', ...appliance })
  }
  says({ gatewayAddress: '192.168.1.1' })
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.match(
    message(),
    /phones of 10\.5\.50\.0\/24 come to this box \(192\.168\.1\.2\) with the router's own address, by its rule "defconf: masquerade" \(action=masquerade out-interface-list=WAN\) in \/ip\/firewall\/nat: .*give this box a route back \(sudo ip route add 10\.5\.50\.0\/24 via 192\.168\.1\.5,/,
  )
  assert.deepEqual(await nat(), ['defconf: masquerade'])

  // Done: the router lets them through, and nothing is said any more.
  says({ gatewayAddress: '192.168.1.1', routes: [{ network: '10.5.50.0/24', gateway: '192.168.1.5' }] })
  await provision(house, routerId)
  assert.deepEqual(await nat(), ['mlango:direct 10.5.50.0/24', 'defconf: masquerade'])
  assert.equal(message().includes('come to this box'), false)

  // A route that leads elsewhere brings no answer back.
  says({ gatewayAddress: '192.168.1.1', routes: [{ network: '10.5.0.0/16', gateway: '192.168.1.9' }] })
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await nat(), ['defconf: masquerade'])
  assert.match(message(), /come to this box/)
})

for (const [what, ...rule] of [
  ['of another way out', '=action=masquerade', '=out-interface=ether2'],
  ['of other senders', '=action=masquerade', '=src-address=10.1.0.0/24'],
  ['that spares this box', '=action=masquerade', '=dst-address=!192.168.1.0/24'],
  ['behind an accept of his own', '=action=accept', '=dst-address=192.168.1.2'],
]) {
  test(`a masquerade ${what} hides nobody from us`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator } = await openRouter(house)
    house.services.applianceFor = async () => ({ ...APPLIANCE, address: '192.168.1.2', gatewayAddress: '192.168.1.1' })
    await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
    await operator.ask('/ip/address/add', '=address=192.168.1.5/24', '=interface=ether1')
    await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', ...rule)
    if (rule[0] === '=action=accept') await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', '=action=masquerade')
    await provision(house, routerId)
    assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
    assert.equal(provisioningOf(house.db, routerId)?.message.includes('come to this box'), false)
  })
}

test('a box whose answers would not find back to the phones is left behind the masquerade', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator, standInside } = await openRouter(house)
  const actions = async () => (await print('/ip/firewall/nat')).map(({ action }) => action)
  const says = (appliance: Partial<typeof APPLIANCE>) => {
    house.services.applianceFor = async () => ({ ...HTTPS, ...appliance })
  }
  // On the side of the uplink: its own gateway knows nothing of the phones.
  await operator.ask('/ip/address/add', '=address=192.168.1.5/24', '=interface=ether1')
  says({ address: '192.168.1.2' })
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.deepEqual(await actions(), ['masquerade'])
  // There all phones have one address, so none can be told whether it is captive.
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])

  await standInside()
  says({})
  await provision(house, routerId)
  assert.deepEqual(await actions(), ['accept', 'masquerade'])
  assert.equal((await print('/ip/dhcp-server/option')).length, 1)

  // While the router's way out is gone, nothing shows on which side the box is.
  simulator.clear('/ip/route')
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await actions(), ['accept', 'masquerade'])

  // It has an uplink of its own now.
  says({ gatewayAddress: '192.168.88.254' })
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await actions(), ['masquerade'])
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})
