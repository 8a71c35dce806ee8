import { type Db, sql } from '../store/database.ts'
import { lastDays, type SiteCalendar } from './site-calendar.ts'

/** Money that was credited, by when it arrived. */
export interface Takings {
  cents: number
  payments: number
}

export function takingsSince(db: Db, sinceMs: number, beforeMs = Number.MAX_SAFE_INTEGER): Takings {
  return sql(
    db,
    `SELECT coalesce(sum(amount_cents), 0) AS cents, count(*) AS payments FROM receipts
     WHERE payment_id IS NOT NULL AND arrived_at_ms >= ? AND arrived_at_ms < ?`,
  ).get(sinceMs, beforeMs) as Takings
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
  /** Phones that paid this month, the last, and in both. */
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
    payers: payers(db, calendar),
  }
}

function payers(db: Db, { monthMs, lastMonthMs }: SiteCalendar): MoneyFigures['payers'] {
  return sql(
    db,
    `WITH paid AS (
       SELECT phone_number, max(arrived_at_ms >= :monthMs) AS this, max(arrived_at_ms < :monthMs) AS last
       FROM receipts JOIN payments ON payments.id = payment_id WHERE arrived_at_ms >= :lastMonthMs GROUP BY phone_number)
     SELECT coalesce(sum(this), 0) AS month, coalesce(sum(last), 0) AS lastMonth, coalesce(sum(this AND last), 0) AS both FROM paid`,
  ).get({ monthMs, lastMonthMs }) as MoneyFigures['payers']
}
