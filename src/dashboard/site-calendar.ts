import { lastSlotMs } from '../flow/cron.ts'

/** When the site's day, week, month and year began, by its own clock; weeks begin on Monday. */
export interface SiteCalendar {
  dayMs: number
  weekMs: number
  monthMs: number
  lastMonthMs: number
  yearMs: number
}

export function siteCalendar(timeZone: string, nowMs: number): SiteCalendar {
  const since = (schedule: string, beforeMs = nowMs) => lastSlotMs(schedule, timeZone, beforeMs)
  const monthMs = since('0 0 1 * *')
  return {
    dayMs: since('0 0 * * *'),
    weekMs: since('0 0 * * 1'),
    monthMs,
    lastMonthMs: since('0 0 1 * *', monthMs - 1),
    yearMs: since('0 0 1 1 *'),
  }
}

/** Beginnings of the last `count` days, oldest first. */
export function lastDays(timeZone: string, nowMs: number, count: number): number[] {
  const days: number[] = []
  for (let atMs = nowMs; days.length < count; atMs = (days[0] ?? nowMs) - 1) {
    days.unshift(lastSlotMs('0 0 * * *', timeZone, atMs))
  }
  return days
}
