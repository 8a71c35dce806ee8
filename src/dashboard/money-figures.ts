import { type Db, sql } from '../store/database.ts'
import { lastDays, type SiteCalendar } from './site-calendar.ts'

/** Money that was credited, by when it arrived. */
export interface Takings {
  cents: number
  payments: number
}

const QUARTER_MS = 900_000

/** From and before the beginning of a day, or of any quarter of an hour: the file adds them up by these. */
export function takingsSince(db: Db, sinceMs: number, beforeMs = Number.MAX_SAFE_INTEGER): Takings {
  return sql(
    db,
    `SELECT coalesce(sum(cents), 0) AS cents, coalesce(sum(payments), 0) AS payments FROM takings WHERE quarter >= ? AND quarter < ?`,
  ).get(sinceMs / QUARTER_MS, beforeMs / QUARTER_MS) as Takings
}

export interface MoneyFigures {
  today: Takings
  week: Takings
  month: Takings
  lastMonth: Takings
  year: Takings
  /** The last seven days, oldest first. */
  byDay: (Takings & { dayMs: number })[]
  failedToday: number
  /** Money that nobody was given anything for yet. */
  inReview: number
  /** Phones that paid this month, the last, and in both: months of the books. */
  payers: { month: number; lastMonth: number; both: number }
}

export function moneyFigures(db: Db, calendar: SiteCalendar, timeZone: string, nowMs: number): MoneyFigures {
  const { dayMs, weekMs, monthMs, lastMonthMs, yearMs } = calendar
  const days = lastDays(timeZone, nowMs, 7)
  return {
    today: takingsSince(db, dayMs),
    week: takingsSince(db, weekMs),
    month: takingsSince(db, monthMs),
    lastMonth: takingsSince(db, lastMonthMs, monthMs),
    year: takingsSince(db, yearMs),
    byDay: days.map((fromMs, at) => ({ dayMs: fromMs, ...takingsSince(db, fromMs, days[at + 1]) })),
    failedToday: sql(
      db,
      "SELECT count(*) FROM payments WHERE created_at_ms >= ? AND state IN ('REJECTED', 'DECLINED', 'EXPIRED')",
    )
      .pluck()
      .get(dayMs) as number,
    inReview: sql(db, "SELECT coalesce(sum(payments), 0) FROM payment_counts WHERE state = 'REVIEW'")
      .pluck()
      .get() as number,
    payers: payers(db, nowMs),
  }
}

function payers(db: Db, nowMs: number): MoneyFigures['payers'] {
  return sql(
    db,
    `WITH now AS (SELECT strftime('%Y-%m', :nowMs / 1000 + 10800, 'unixepoch') AS month)
     SELECT coalesce(sum(payers) FILTER (WHERE payer_counts.month = now.month), 0) AS month,
       coalesce(sum(payers) FILTER (WHERE payer_counts.month < now.month), 0) AS lastMonth,
       coalesce(sum(again) FILTER (WHERE payer_counts.month = now.month), 0) AS both
     FROM now JOIN payer_counts ON payer_counts.month IN (now.month, strftime('%Y-%m', now.month || '-01', '-1 month'))`,
  ).get({ nowMs }) as MoneyFigures['payers']
}
