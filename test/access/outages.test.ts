import assert from 'node:assert/strict'
import { test } from 'node:test'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { pruneOutages, recentOutages } from '../../src/access/outages.ts'
import { openRooms } from '../billing/rooms.ts'
import { noteLook } from './router-look.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000

test('an outage that gave nothing back is told of, too, until a thousand came after it', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const stay = openStay(rooms, { durationSeconds: 365 * 86_400 })
  const { routerId } = stay
  const look = (online: boolean) => noteLook(rooms, routerId, online)
  look(true)
  const flap = () => {
    rooms.clock.step(MINUTE_MS)
    look(false)
    const beganAtMs = rooms.clock.nowMs()
    rooms.clock.step(MINUTE_MS)
    look(true)
    return { routerId, reason: 'router' as const, beganAtMs, endedAtMs: rooms.clock.nowMs() }
  }
  const [credited, forgotten] = [flap(), flap()]
  rooms.run(creditOutage, { outage: credited, mostSeconds: 600 })
  const told = recentOutages(rooms.db, 10).map(({ beganAtMs, grants, seconds }) => [beganAtMs, grants, seconds])
  assert.deepEqual(told, [
    [forgotten.beganAtMs, 0, 0],
    [credited.beganAtMs, 1, 60],
  ])
  for (let more = 0; more < 1_000; more += 1) flap()
  const left = () => rooms.rows<{ id: number }>('SELECT id FROM outages WHERE id <= 3').map(({ id }) => id)
  assert.equal(rooms.run(pruneOutages, { limit: 500 }), 1)
  assert.equal(rooms.run(pruneOutages, { limit: 500 }), 0)
  assert.deepEqual(left(), [1, 3])
  rooms.run(creditOutage, { outage: credited, mostSeconds: 600 })
  assert.deepEqual(
    rooms.rows('SELECT seconds FROM outage_credits').map(({ seconds }) => seconds),
    [60],
  )
})
