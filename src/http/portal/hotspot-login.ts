import { Hono } from 'hono'
import { hotspotLoginPage } from '../../routers/hotspot-login-page.ts'
import { routerById } from '../../routers/router-table.ts'
import type { House } from '../house.ts'
import { portalUrlFor } from '../portal-url.ts'
import { problem } from '../problem.ts'

/** The page that a router fetches while it is set up, and from then on shows to every phone that is not in. */
export function hotspotLogin(house: House): Hono {
  const app = new Hono()
  app.get('/hotspot/login.html', (c) => {
    const asked = c.req.query('router') ?? ''
    const router = /^\d{1,9}$/.test(asked) ? routerById(house.db, Number(asked)) : undefined
    if (!router) throw problem(404, 'router-unknown', 'There is no such router.')
    const page = hotspotLoginPage({ portalUrl: portalUrlFor(house, c), routerId: router.id })
    return c.body(page, 200, { 'Content-Type': 'text/html; charset=UTF-8', 'Cache-Control': 'no-store' })
  })
  return app
}
