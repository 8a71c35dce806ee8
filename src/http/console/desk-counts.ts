import type { DeskCounts } from '../../../portal/console/desk.tsx'
import { type Db, sql } from '../../store/database.ts'

/** Paid for this long without ever having been online: the promise is late. */
const LATE_MS = 60_000

/** The numbers at the top of the desk. "Today" is the site's day. */
export function deskCounts(db: Db, site: { timezone: string; currency: string }, nowMs: number): DeskCounts {
  const sinceMs = startOfDayMs(site.timezone, nowMs)
  const today = sql(
    db,
    `SELECT count(*) AS payments, coalesce(sum(amount_cents), 0) AS cents FROM receipts WHERE payment_id IS NOT NULL AND arrived_at_ms >= ?`,
  ).get(sinceMs) as { payments: number; cents: number }
  return {
    onlineNow: numberOf(db, 'SELECT count(*) FROM sessions WHERE stopped_at_ms IS NULL'),
    paidNotConnected: sql(
      db,
      `SELECT count(*) FROM grants WHERE source = 'payment' AND mac_address IS NOT NULL AND online_at_ms IS NULL AND ended_at_ms IS NULL AND starts_at_ms < ?`,
    )
      .pluck()
      .get(nowMs - LATE_MS) as number,
    paymentsToday: today.payments,
    revenueTodayCents: today.cents,
    currency: site.currency,
  }
}

const numberOf = (db: Db, query: string) => sql(db, query).pluck().get() as number

/** Midnight of the site's day: what its clock shows now is how long ago it was, save on a day that changes the offset. */
function startOfDayMs(timeZone: string, nowMs: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(nowMs)
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return nowMs - ((of('hour') * 60 + of('minute')) * 60 + of('second')) * 1000 - (nowMs % 1000)
}
