import { Hono } from 'hono'
import { grantById, remainingOf } from '../access/grant-table.ts'
import { openSessionOfAddress } from '../access/session-table.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { portalUrlFor } from './portal-url.ts'

/** RFC 8908: tells the asking device whether it is captive. The device is the one whose session has the asking address. */
export function capportApi(house: House): Hono {
  const { db, clock, config } = house
  const app = new Hono()
  app.get('/capport', (c) => {
    const session = openSessionOfAddress(db, clientAddress(c, config.http.trusted_proxies))
    const grant = session?.grantId ? grantById(db, session.grantId) : undefined
    const left = grant && remainingOf(grant, clock.nowMs())
    const body = {
      captive: !left || left.seconds === 0 || left.bytes === 0,
      'user-portal-url': `${portalUrlFor(house, c)}/`,
      ...(left && { 'can-extend-session': true, 'seconds-remaining': left.seconds }),
      ...(left && left.bytes !== null && { 'bytes-remaining': left.bytes }),
    }
    return c.body(JSON.stringify(body), 200, {
      'Content-Type': 'application/captive+json',
      'Cache-Control': 'private, no-store',
    })
  })
  return app
}
