import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { syncAccessPointStatus } from '../../../jobs/router-monitoring/sync-access-point-status.ts'
import { accessPoints } from '../../../src/routers/watch/access-points.ts'
import { type JobHouse, openJobHouse } from '../job-house.ts'

const short = (house: JobHouse) =>
  accessPoints(house.db).map(({ kind, name, online, clients, signalDbm }) => [kind, name, online, clients, signalDbm])

async function sync(house: JobHouse) {
  await house.runJob(checkRouters, {})
  await house.runJob(syncAccessPointStatus, {})
}

test('CAPsMAN of RouterOS 6: each access point with its own phones and how well it hears them', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter({}, { version: '6.49.17' })
  const cap = { state: 'Run', board: 'RB951Ui-2HnD', version: '6.49.17', 'base-mac': '02:00:00:00:00:52' }
  simulator.show('/caps-man/remote-cap', {
    ...cap,
    name: 'CAP-1',
    identity: 'Lobby',
    serial: '01',
    address: '10.2.8.1/603',
  })
  simulator.show('/caps-man/remote-cap', {
    ...cap,
    name: 'CAP-2',
    identity: 'Bar',
    serial: '02',
    address: '10.2.8.2/603',
  })
  simulator.show('/caps-man/radio', { interface: 'cap1', 'remote-cap-identity': 'Lobby' })
  simulator.show('/caps-man/radio', { interface: 'cap2', 'remote-cap-identity': 'Bar' })
  for (const signal of ['-60', '-71']) {
    simulator.show('/caps-man/registration-table', { interface: 'cap1', 'rx-signal': signal, ssid: 'WiFi' })
  }
  await sync(house)
  assert.deepEqual(short(house), [
    ['managed', 'Bar', 1, 0, null],
    ['managed', 'Lobby', 1, 2, -65],
  ])
  assert.equal(accessPoints(house.db)[1]?.address, '10.2.8.1')
})

test('wifi of RouterOS 7.13 and later: its own radio and a managed one', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter({}, { version: '7.20.8' })
  simulator.show('/interface/wifi/capsman/remote-cap', {
    identity: 'Garden',
    'board-name': 'cAPGi-5HaxD2HaxD',
    'base-mac': '02:00:00:00:00:53',
    version: '7.20.8',
    state: 'Ok',
  })
  simulator.show('/interface/wifi/radio', { interface: 'wifi1' })
  simulator.show('/interface/wifi/radio', { interface: 'cap-wifi1', cap: 'Garden@10.2.8.3%bridge' })
  simulator.show('/interface/wifi/registration-table', { interface: 'wifi1', signal: '-50' })
  simulator.show('/interface/wifi/registration-table', { interface: 'cap-wifi1', signal: '-80' })
  await sync(house)
  const [managed, own] = short(house)
  assert.deepEqual(managed, ['managed', 'Garden', 1, 1, -80])
  assert.deepEqual([own?.[0], own?.[3], own?.[4]], ['own', 1, -50])
})

test('one that disappears is away, told once, and so are all when their router is away', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter({}, { version: '7.12.1' })
  const phone = simulator.show('/interface/wireless/registration-table', {
    interface: 'wlan1',
    'signal-strength': '-62@1Mbps',
  })
  const announced = simulator.show('/ip/neighbor', {
    'mac-address': '02:00:00:00:00:61',
    address: '10.2.8.9',
    identity: 'Gate',
    board: 'wAPG-5HacD2HnD',
  })
  await sync(house)
  assert.deepEqual(
    short(house).map(([kind, , online, clients, signal]) => [kind, online, clients, signal]),
    [
      ['neighbor', 1, null, null],
      ['own', 1, 1, -62],
    ],
  )
  announced.hide()
  simulator.answeringPing.add('10.2.8.9')
  await sync(house)
  assert.equal(short(house)[0]?.[2], 1)
  simulator.answeringPing.delete('10.2.8.9')
  await sync(house)
  await sync(house)
  phone.hide()
  simulator.faults.apiDown = true
  await sync(house)
  assert.deepEqual(
    short(house).map(([, , online]) => online),
    [0, 0],
  )
  const told = house.facts('access_point.status_updated').map(({ data }) => 'online' in data && data.online)
  assert.deepEqual(told, [true, true, false, false])
})

test('a switch among the neighbours is no access point, a foreign one that says so is', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter()
  simulator.show('/ip/neighbor', { 'mac-address': '02:00:00:00:00:71', identity: 'switch', board: 'CRS326-24G-2S+' })
  simulator.show('/ip/neighbor', {
    'mac-address': '02:00:00:00:00:72',
    identity: 'U6',
    platform: 'UniFi',
    'system-caps': 'bridge,wlan-ap',
    'system-caps-enabled': 'bridge,wlan-ap',
  })
  await sync(house)
  assert.deepEqual(short(house), [['neighbor', 'U6', 1, null, null]])
})
