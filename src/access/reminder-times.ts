import { lastSlotMs } from '../flow/cron.ts'
import type { SubscriptionRow } from './subscription-table.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How many days before the end a customer is reminded, the last one first. */
const REMINDER_DAYS = [0, 1, 3, 7] as const

/** Nobody is written to earlier in the day, or after `LAST_HOUR`. */
const FIRST_HOUR = 9
const LAST_HOUR = 20

/** 09:00, by the site's clock, of the day that lies so many days before `endMs`. */
function reminderMs(endMs: number, days: number, timeZone: string): number {
  // The last 09:00 that is not later than 24:00 of that day.
  return lastSlotMs(`0 ${FIRST_HOUR} * * *`, timeZone, endMs + FIRST_HOUR * HOUR_MS - days * DAY_MS)
}

/**
 * The reminder that is due: the last whose moment has come since the time was bought. One that the power cut away is
 * overtaken by the next, never sent late beside it.
 */
export function dueReminder(
  { paidUntilMs, renewedAtMs }: Pick<SubscriptionRow, 'paidUntilMs' | 'renewedAtMs'>,
  timeZone: string,
  nowMs: number,
): number | undefined {
  if (paidUntilMs === null || renewedAtMs === null) return undefined
  return REMINDER_DAYS.find((days) => {
    const atMs = reminderMs(paidUntilMs, days, timeZone)
    // The day's own reminder also goes to whose time ended earlier that day.
    return atMs <= nowMs && atMs > renewedAtMs
  })
}

/** How many days of grace are left, when that is worth a warning. */
export function graceWarning(endMs: number, nowMs: number): number | undefined {
  const days = Math.ceil((endMs - nowMs) / DAY_MS)
  return days === 1 || days === 2 ? days : undefined
}

/** Whether people may be written to at this hour. */
export function isDaytime(timeZone: string, nowMs: number): boolean {
  const morningMs = lastSlotMs(`0 ${FIRST_HOUR} * * *`, timeZone, nowMs)
  return nowMs - morningMs < (LAST_HOUR - FIRST_HOUR) * HOUR_MS
}
