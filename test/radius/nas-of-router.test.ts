import assert from 'node:assert/strict'
import { test } from 'node:test'
import { radsecNas } from '../../src/radius/nas-of-router.ts'
import { changeRouter, removeRouter } from '../../src/routers/registry.ts'
import { openRooms } from '../billing/rooms.ts'

test('a RadSec certificate is a router’s by its name; by its address only when it names nobody', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const routerId = rooms.addRouter({ name: 'Gate', address: '10.0.0.2' })
  const who = (names: string[], address: string) => radsecNas(rooms.reader, names, address)?.routerId
  assert.equal(who(['Gate'], '192.168.9.9'), routerId)
  assert.equal(who(['gate.example', 'Gate'], '192.168.9.9'), routerId)
  assert.equal(who([], '10.0.0.2'), routerId)
  assert.equal(who(['Stolen'], '10.0.0.2'), undefined)
  assert.equal(who([], '192.168.9.9'), undefined)
  rooms.run(changeRouter, { routerId, change: { name: 'Tower' } })
  assert.deepEqual([who(['Gate'], '10.0.0.2'), who(['Tower'], '10.0.0.2')], [undefined, routerId])
  rooms.run(removeRouter, { routerId })
  assert.equal(who(['Tower'], '10.0.0.2'), undefined)
})
