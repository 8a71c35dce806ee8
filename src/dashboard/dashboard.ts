import { command } from '../flow/command.ts'
import type { JournalEntry } from '../flow/events.ts'
import { lastSeq, readJournal } from '../flow/journal.ts'
import { type Db, sql } from '../store/database.ts'
import { type AccessFigures, accessFigures } from './access-figures.ts'
import { type MoneyFigures, moneyFigures } from './money-figures.ts'
import { siteCalendar } from './site-calendar.ts'

/** Every number that is shown about the site, from this one place. */
export interface Dashboard {
  atMs: number
  money: MoneyFigures
  access: AccessFigures
  /** By status; one without any is left out. */
  routers: Record<string, number>
  messagesToday: { sent: number; failed: number }
  vouchers: { unused: number; redeemed: number }
  jobsFailed: number
  /** The last ten facts, newest first. */
  recent: JournalEntry[]
}

export function readDashboard(db: Db, timeZone: string, nowMs: number): Dashboard {
  const calendar = siteCalendar(timeZone, nowMs)
  const one = <Row>(query: string, ...values: number[]) => sql(db, query).get(...values) as Row
  return {
    atMs: nowMs,
    money: moneyFigures(db, calendar, timeZone, nowMs),
    access: accessFigures(db, calendar, nowMs),
    routers: Object.fromEntries(
      sql(db, 'SELECT status, count(*) FROM routers GROUP BY status').raw().all() as [string, number][],
    ),
    messagesToday: one(
      `SELECT count(*) FILTER (WHERE state IN ('sent', 'delivered')) AS sent, count(*) FILTER (WHERE state = 'failed') AS failed
       FROM messages WHERE updated_at_ms >= ?`,
      calendar.dayMs,
    ),
    vouchers: one(
      `SELECT coalesce(sum(vouchers) FILTER (WHERE state = 'unused' AND coalesce(expires_at_ms > ?, 1)), 0) AS unused,
         coalesce(sum(vouchers) FILTER (WHERE state = 'redeemed'), 0) AS redeemed
       FROM voucher_counts JOIN voucher_batches ON voucher_batches.id = batch_id`,
      nowMs,
    ),
    jobsFailed: one<{ failed: number }>('SELECT count(*) AS failed FROM failed_jobs').failed,
    recent: readJournal(db, lastSeq(db) - 10).reverse(),
  }
}

/** Tells live views the numbers, in the shape that `GET /api/dashboard` answers; nothing is written. */
export const announceDashboard = command(
  'dashboard.announce',
  ({ journal }, { stats }: { stats: Record<string, unknown> }) => {
    journal.announce({ type: 'dashboard.stats_updated', data: { stats } })
  },
)
