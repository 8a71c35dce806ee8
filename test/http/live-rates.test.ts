import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveData } from '../../src/routers/watch/live-data.ts'
import { openDesk } from './desk.ts'

test('how fast an interface is follows from two looks; a counter that went back tells nothing until the next', async (t) => {
  const { rooms, house, ask } = openDesk(t)
  const routerId = rooms.addRouter()
  const look = async (atSeconds: number, ...counters: [name: string, rxBytes: number, txBytes: number][]) => {
    house.facts.publish([{ type: 'router.live_data_updated', data: liveData(routerId, atSeconds, counters) }])
    const { body } = await ask('viewer', 'GET', `/api/routers/${routerId}/live`)
    return body.interfaces.map((one: Record<string, unknown>) => [one.name, one.rx_bps, one.tx_bps])
  }
  assert.deepEqual(await look(0, ['ether1', 1_000, 500]), [['ether1', null, null]])
  // One that has come since was not looked at before.
  assert.deepEqual(await look(10, ['ether1', 2_250, 500], ['ether2', 9, 9]), [
    ['ether1', 1_000, 0],
    ['ether2', null, null],
  ])
  assert.deepEqual(await look(20, ['ether1', 100, 1_000], ['ether2', 9, 1_259]), [
    ['ether1', null, null],
    ['ether2', 0, 1_000],
  ])
  assert.deepEqual(await look(24, ['ether1', 1_100, 1_500]), [['ether1', 2_000, 1_000]])
  // The clock was set back.
  assert.deepEqual(await look(4, ['ether1', 2_100, 2_500]), [['ether1', null, null]])
})

function liveData(routerId: number, atSeconds: number, counters: [string, number, number][]): LiveData {
  return {
    ...{ routerId, atMs: 1_800_000_000_000 + atSeconds * 1000 },
    ...{ identity: null, version: null, model: null, uptimeSeconds: null, cpuPercent: null },
    ...{ freeMemoryBytes: null, totalMemoryBytes: null, freeDiskBytes: null, totalDiskBytes: null },
    ...{ activeUsers: 0, leases: 0, hasDefaultRoute: true, uplink: 'ether1', health: [] },
    interfaces: counters.map(([name, rxBytes, txBytes]) => ({ name, type: 'ether', running: true, rxBytes, txBytes })),
  }
}
