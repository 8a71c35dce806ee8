import { noteCheck } from '../../src/routers/watch/reach.ts'
import type { Rooms } from '../billing/rooms.ts'

/** Somebody has looked whether the router is there. */
export const noteLook = (rooms: Rooms, routerId: number, online: boolean) =>
  rooms.run(noteCheck, {
    routerId,
    interimIntervalSeconds: 300,
    check: online
      ? { online, uptimeSeconds: null, version: null, model: null }
      : { online, isAway: true, reason: 'it does not answer' },
  })
