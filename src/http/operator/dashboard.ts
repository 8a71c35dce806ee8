import { Hono } from 'hono'
import { readDashboard } from '../../dashboard/dashboard.ts'
import { dashboardView } from '../../dashboard/dashboard-view.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

/** The site in numbers, counted when asked. Live views hear the same as `dashboard.stats_updated`. */
export function dashboardApi({ db, config, site, clock }: House, { viewer }: Guards): Hono {
  const app = new Hono()
  app.get('/api/dashboard', viewer, (c) => {
    const { timezone, currency } = config.site
    return c.json(dashboardView(readDashboard(db, timezone, clock.nowMs()), { currency, siteId: site.id }))
  })
  return app
}
