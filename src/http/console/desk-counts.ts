import type { DeskCounts } from '../../../portal/console/desk.tsx'
import { countOpenSessions, paidNotConnected } from '../../dashboard/access-figures.ts'
import { takingsSince } from '../../dashboard/money-figures.ts'
import { siteCalendar } from '../../dashboard/site-calendar.ts'
import type { Db } from '../../store/database.ts'

/** The numbers at the top of the desk. "Today" is the site's day. */
export function deskCounts(db: Db, site: { timezone: string; currency: string }, nowMs: number): DeskCounts {
  const today = takingsSince(db, siteCalendar(site.timezone, nowMs).dayMs)
  return {
    onlineNow: countOpenSessions(db),
    paidNotConnected: paidNotConnected(db, nowMs),
    paymentsToday: today.payments,
    revenueTodayCents: today.cents,
    currency: site.currency,
  }
}
