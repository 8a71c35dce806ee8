import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daemonOrders } from '../src/daemon-orders.ts'

test('a person is told how to start the daemon and to read its log: as the service, where that is installed, or in a checkout', () => {
  const service = daemonOrders(new URL('file:///usr/lib/mlango/releases/20261127-1/'))
  assert.equal(service.restart, '`systemctl restart mlango`')
  assert.match(service.start, /`systemctl start mlango`.*`journalctl -u mlango`/)
  assert.match(service.readLog, /`journalctl -u mlango`/)
  const checkout = daemonOrders(new URL('file:///home/asha/mlango/'))
  assert.match(checkout.restart, /`scripts\/mlango serve`/)
  for (const order of Object.values(checkout)) assert.doesNotMatch(order, /systemctl|journalctl/)
})
