import { outwardEntry } from '../flow/outward.ts'
import type { Dashboard } from './dashboard.ts'
import type { Takings } from './money-figures.ts'

/** The numbers as `GET /api/dashboard` answers them and live views hear them. */
export function dashboardView(
  { money, access, ...rest }: Dashboard,
  { currency, siteId }: { currency: string; siteId: string },
) {
  const takings = ({ cents, payments }: Takings) => ({ revenue_cents: cents, payments })
  return {
    as_of: iso(rest.atMs),
    currency,
    money: {
      today: takings(money.today),
      week: takings(money.week),
      month: takings(money.month),
      last_month: takings(money.lastMonth),
      year: takings(money.year),
      by_day: money.byDay.map((day) => ({ since: iso(day.dayMs), ...takings(day) })),
      failed_today: money.failedToday,
      in_review: money.inReview,
      payers: { month: money.payers.month, last_month: money.payers.lastMonth, both: money.payers.both },
    },
    access: {
      sessions_open: access.sessionsOpen,
      online_hotspot: access.online.hotspot,
      online_pppoe: access.online.pppoe,
      grants_running: access.grantsRunning,
      paid_not_connected: access.paidNotConnected,
      customers: access.customers,
      subscriptions: access.subscriptions,
      bytes_today: access.bytesToday,
      bytes_this_month: access.bytesThisMonth,
      online_users: access.onlineUsers.map(({ username, routerId, sinceMs, bytes }) => ({
        ...{ username, router_id: routerId, since: iso(sinceMs), bytes },
      })),
    },
    routers: rest.routers,
    messages_today: rest.messagesToday,
    vouchers: rest.vouchers,
    jobs_failed: rest.jobsFailed,
    recent: rest.recent.map((entry) => outwardEntry(entry, siteId)),
  }
}

const iso = (atMs: number) => new Date(atMs).toISOString()
