import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nasOfRouter, radsecNas } from '../../src/radius/nas-of-router.ts'
import { changeRouter, noteRouterSigns, removeRouter } from '../../src/routers/registry.ts'
import { routerById } from '../../src/routers/router-table.ts'
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

test('each router says whether it must sign, or the site does for it; having signed is kept until that is set anew', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const [old, modern] = [rooms.addRouter({ requireMessageAuthenticator: 'no' }), rooms.addRouter()]
  const nas = (routerId: number) => {
    const router = routerById(rooms.reader, routerId)
    assert.ok(router)
    const { requireMessageAuthenticator, hasSigned } = nasOfRouter(router, 'yes')
    return [requireMessageAuthenticator, hasSigned]
  }
  assert.deepEqual(
    [nas(old), nas(modern)],
    [
      ['no', false],
      ['yes', false],
    ],
  )
  rooms.run(noteRouterSigns, { routerId: modern })
  assert.deepEqual(nas(modern), ['yes', true])
  rooms.run(changeRouter, { routerId: modern, change: { name: 'Tower' } })
  assert.deepEqual(nas(modern), ['yes', true])
  rooms.run(changeRouter, { routerId: modern, change: { requireMessageAuthenticator: 'auto' } })
  assert.deepEqual(nas(modern), ['auto', false])
})
