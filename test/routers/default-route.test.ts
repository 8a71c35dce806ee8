import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRoute } from '../../src/routers/default-route.ts'

for (const [says, row, uplink] of [
  ['v7, by an address', { 'immediate-gw': '192.168.1.1%ether1' }, 'ether1'],
  ['v7, over PPPoE', { 'immediate-gw': 'pppoe-out1' }, 'pppoe-out1'],
  ['v7, over two', { 'immediate-gw': '10.0.0.1%ether1,10.1.0.1%ether 2 (WAN)' }, 'ether 2 (WAN)'],
  ['v6, by an address', { 'gateway-status': '192.168.1.1 reachable via  ether1' }, 'ether1'],
  ['v6, over LTE', { 'gateway-status': 'lte1 reachable' }, 'lte1'],
  ['v6, by a route to a route', { 'gateway-status': '8.8.8.8 recursive via 192.168.1.1 ether1' }, 'ether1'],
  ['v6, over two of which one is gone', { 'gateway-status': 'lte1 reachable,10.0.0.1 unreachable' }, 'lte1'],
  ['a release that names no interface', { 'immediate-gw': '10.0.0.1' }, undefined],
] as const) {
  test(`the uplink is known where the default route is told as by ${says}`, () => {
    const idle = { 'immediate-gw': '10.9.9.9%ether9', active: 'false' }
    assert.deepEqual(defaultRoute([idle, { ...row, active: 'true' }]), { uplink })
    assert.equal(defaultRoute([idle, { ...row }]), undefined)
  })
}
