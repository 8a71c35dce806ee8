import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type APPLIANCE, openJobHouse } from '../job-house.ts'
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
