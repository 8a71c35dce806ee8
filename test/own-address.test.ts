import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayIn, routesIn } from '../src/own-address.ts'

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
const route = (to: string, gateway: string, flags: string, metric: number) =>
  ['eth0', to, gateway, flags, '0', '0', String(metric), '00000000', '0', '0', '0'].join('\t')

test('the gateway is that of the best way to elsewhere', () => {
  const local = route('0058A8C0', '00000000', '0001', 0)
  const [cable, wireless] = [route('00000000', '0158A8C0', '0003', 100), route('00000000', '010200C0', '0003', 600)]
  assert.equal(gatewayIn([HEAD, wireless, cable, local].join('\n')), '192.168.88.1')
  assert.equal(gatewayIn([HEAD, wireless].join('\n')), '192.0.2.1')
})

test('a network that is reached by a gateway of its own is known with it', () => {
  const [, phones = ''] = [
    HEAD,
    route('0000090A', '0558A8C0', '0003', 0).replace('00000000\t0\t0\t0', '00FFFFFF\t0\t0\t0'),
  ]
  const table = [HEAD, route('00000000', '0158A8C0', '0003', 100), route('0058A8C0', '00000000', '0001', 0), phones, '']
  assert.deepEqual(routesIn(table.join('\n')), [{ network: '10.9.0.0/24', gateway: '192.168.88.5' }])
})

test('a machine that only knows its own network has none', () => {
  assert.equal(gatewayIn([HEAD, route('0058A8C0', '00000000', '0001', 0)].join('\n')), undefined)
  // A line without a router at its end, as of a modem.
  assert.equal(gatewayIn([HEAD, route('00000000', '00000000', '0001', 0)].join('\n')), undefined)
  assert.equal(gatewayIn(''), undefined)
})
