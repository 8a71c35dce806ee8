import { countJobs } from '../flow/job-list.ts'
import { queueNames } from '../flow/queues.ts'
import { type Db, sql } from '../store/database.ts'
import { countOpenSessions } from './access-figures.ts'
import { takingsSince } from './money-figures.ts'
import { siteCalendar } from './site-calendar.ts'

interface SiteNow {
  timeZone: string
  currency: string
  nowMs: number
  /** Facts that the cloud does not have yet. */
  backlog: number
}

/** The site at a glance, for who watches many of them. Asked each minute beside customers: it counts no more than it says. */
export function siteSummary(db: Db, { timeZone, currency, nowMs, backlog }: SiteNow) {
  const { dayMs } = siteCalendar(timeZone, nowMs)
  const { cents, payments } = takingsSince(db, dayMs)
  return {
    sessions_open: countOpenSessions(db),
    routers: sql(
      db,
      `SELECT count(*) FILTER (WHERE online = 1) AS up, count(*) FILTER (WHERE online = 0) AS down
       FROM routers JOIN router_reach ON router_reach.router_id = routers.id`,
    ).get() as { up: number; down: number },
    queue_depth: queueNames.reduce((sum, queue) => sum + countJobs(db, queue).ready, 0),
    backlog,
    currency,
    revenue_today_cents: cents,
    payments_today: payments,
  }
}
