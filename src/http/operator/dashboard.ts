import { Hono } from 'hono'
import * as z from 'zod'
import { readDashboard } from '../../dashboard/dashboard.ts'
import { dashboardView } from '../../dashboard/dashboard-view.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTimeField } from '../iso-time.ts'
import type { Guards } from './guard.ts'

const count = z.int()
const takings = z.object({ revenue_cents: count, payments: count })
const byName = z.record(z.string(), count)
const traffic = z.object({ up: count, down: count })
const onlineUser = z.object({ username: z.string(), router_id: count, since: isoTimeField, bytes: count })

const dashboardAnswer = z.object({
  as_of: isoTimeField,
  currency: z.string(),
  money: z.object({
    ...{ today: takings, week: takings, month: takings, last_month: takings, year: takings },
    by_day: z.array(takings.extend({ since: isoTimeField })),
    ...{ failed_today: count, in_review: count },
    payers: z.object({ month: count, last_month: count, both: count }),
  }),
  access: z.object({
    ...{ sessions_open: count, online_hotspot: count, online_pppoe: count, grants_running: count },
    ...{ paid_not_connected: count, customers: count, subscriptions: byName },
    ...{ bytes_today: traffic, bytes_this_month: traffic, online_users: z.array(onlineUser) },
  }),
  routers: byName,
  messages_today: z.object({ sent: count, failed: count }),
  vouchers: z.object({ unused: count, redeemed: count }),
  jobs_failed: count,
  recent: z.array(z.object({ seq: count, type: z.string(), time: isoTimeField }).loose()),
})

/** Longer than this the thread that answers routers may not count; they wait a third of a second. */
const SLOW_MS = 150

/**
 * The site in numbers, counted when asked; at a site with so many payments that this takes long, as the work thread has counted
 * them last, at most half a minute ago. Live views hear the same as `dashboard.stats_updated`.
 */
export function dashboardApi({ db, config, site, clock, facts }: House, { viewer }: Guards): Hono {
  let told: z.infer<typeof dashboardAnswer> | undefined
  let isSlow = false
  facts.subscribe((news) => {
    if (news.type === 'dashboard.stats_updated') told = news.data.stats as z.infer<typeof dashboardAnswer>
  })
  const app = new Hono()
  const show = call({ does: 'The site in numbers.', answers: { 200: dashboardAnswer } })
  app.get('/api/dashboard', viewer, show, (c) => {
    if (isSlow && told) return c.json(told)
    const { timezone, currency } = config.site
    const startedMs = performance.now()
    const counted = dashboardView(readDashboard(db, timezone, clock.nowMs()), { currency, siteId: site.id })
    isSlow = performance.now() - startedMs > SLOW_MS
    return c.json(counted)
  })
  return app
}
