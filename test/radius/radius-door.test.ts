import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { openRadiusDoor } from '../../src/radius-door.ts'
import { changeRouter } from '../../src/routers/registry.ts'
import { integer } from '../../src/simulators/router/nas/packet.ts'
import { openRooms } from '../billing/rooms.ts'
import { accounting, openPlug, SECRET } from './radius-house.ts'

test('what a router counts as input may be said of it alone', async (t) => {
  const rooms = openRooms()
  const { clock, store, log } = rooms
  const routerId = rooms.addRouter({ address: '127.0.0.1', radiusSecret: SECRET })
  const ports = { MLANGO_RADIUS_HOST: '127.0.0.1', MLANGO_RADIUS_AUTH_PORT: '0', MLANGO_RADIUS_ACCT_PORT: '0' }
  const door = openRadiusDoor({ config: loadConfig(undefined, ports), store, db: rooms.reader, clock, log })
  await door.start()
  t.after(() => {
    door.stop()
    rooms.close()
  })
  const plug = await openPlug(t, door.acctPort)
  const uploads = async () => {
    await plug.ask(accounting(3, [integer(42, 7), integer(43, 9)]))
    return rooms.rows('SELECT input_bytes FROM sessions')
  }
  assert.deepEqual(await uploads(), [{ input_bytes: 7 }])
  rooms.db.prepare('DELETE FROM sessions').run()
  rooms.run(changeRouter, { routerId, change: { inputOctets: 'download' } })
  assert.deepEqual(await uploads(), [{ input_bytes: 9 }])
})
