import { Hono } from 'hono'
import { grantById } from '../access/grant-table.ts'
import { openSessionOfAddress } from '../access/session-table.ts'
import { leftOf } from '../access/time-left.ts'
import { allRouters, routerByAddress } from '../routers/router-table.ts'
import { clientAddress, isFromThisBox } from './client-address.ts'
import type { House } from './house.ts'
import { portalUrlFor } from './portal-url.ts'
import { problem } from './problem.ts'

/** RFC 8908: tells the asking device whether it is captive. The device is the one whose session has the asking address. */
export function capportApi(house: House): Hono {
  const { db, clock, config } = house
  const app = new Hono()
  app.get('/capport', (c) => {
    const address = clientAddress(c, config.http.trusted_proxies)
    // All behind it have this one address; phones then find out by themselves.
    if (routerByAddress(db, address) && !isFromThisBox(c)) {
      throw problem(404, 'device-unknown', 'Behind this router no device can be told from another.')
    }
    const session = openSessionOfAddress(db, address)
    // A router that knows its users itself tells nobody which device has which address.
    if (!session && allRouters(db).some(({ accessMode }) => accessMode === 'local')) {
      throw problem(404, 'device-unknown', 'At this site no device can be told from another.')
    }
    const grant = session?.grantId ? grantById(db, session.grantId) : undefined
    const left = grant && leftOf(db, grant, clock.nowMs())
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
