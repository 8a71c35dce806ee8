import { MlangoError } from '../errors.ts'

/** The parts of a schedule: five fields of numbers, `*`, lists, ranges and steps. */
interface Cron {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  /** Cron's rule: when both are narrowed, either will do. */
  eitherDay: boolean
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Longer than any schedule waits: 29 February. */
const LONGEST_DAYS = 8 * 366

/**
 * The latest time of the schedule that is not after `nowMs`: what a tick stands for, and what an outage may have missed.
 * Throws `schedule-invalid`.
 */
export function lastSlotMs(text: string, timeZone: string, nowMs: number): number {
  const cron = parse(text)
  // The wall time of the zone, as if it were UTC.
  const wallMs = nowMs + offsetMs(timeZone, nowMs)
  let atMs = wallMs - into(MINUTE_MS, wallMs)
  while (wallMs - atMs < LONGEST_DAYS * DAY_MS) {
    const at = new Date(atMs)
    if (!isDay(cron, at)) atMs -= into(DAY_MS, atMs) + MINUTE_MS
    else if (!cron.hours.has(at.getUTCHours())) atMs -= into(HOUR_MS, atMs) + MINUTE_MS
    else if (!cron.minutes.has(at.getUTCMinutes())) atMs -= MINUTE_MS
    else return atMs - offsetMs(timeZone, atMs - offsetMs(timeZone, nowMs))
  }
  throw invalid(text)
}

/** How far `atMs` is into its minute, hour or day; also before 1970, where a clock begins that was never set. */
const into = (unitMs: number, atMs: number): number => ((atMs % unitMs) + unitMs) % unitMs

function isDay({ days, months, weekdays, eitherDay }: Cron, at: Date): boolean {
  if (!months.has(at.getUTCMonth() + 1)) return false
  const day = days.has(at.getUTCDate())
  const weekday = weekdays.has(at.getUTCDay())
  return eitherDay ? day || weekday : day && weekday
}

function parse(text: string): Cron {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== 5) throw invalid(text)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  const field = (words: string, min: number, max: number) =>
    new Set(words.split(',').flatMap((word) => numbersOf(text, word, min, max)))
  return {
    minutes: field(minute, 0, 59),
    hours: field(hour, 0, 23),
    days: field(day, 1, 31),
    months: field(month, 1, 12),
    // Sunday is 0 and 7.
    weekdays: new Set([...field(weekday, 0, 7)].map((number) => number % 7)),
    eitherDay: !day.startsWith('*') && !weekday.startsWith('*'),
  }
}

function numbersOf(text: string, word: string, min: number, max: number): number[] {
  const [, all, from, to, step = '1'] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(word) ?? []
  const first = all ? min : Number(from)
  const last = all || (to === undefined && word.includes('/')) ? max : Number(to ?? from)
  if (!(first >= min && last <= max && first <= last && Number(step) > 0)) throw invalid(text)
  return Array.from({ length: Math.floor((last - first) / Number(step)) + 1 }, (_, n) => first + n * Number(step))
}

/** How far the zone's wall time is ahead of UTC. */
function offsetMs(timeZone: string, atMs: number): number {
  const parts = wallClock(timeZone).formatToParts(atMs)
  const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = parts
    .filter(({ type }) => type !== 'literal')
    .map(({ value }) => Number(value))
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000
}

/** Making a formatter takes a thousand times as long as asking it. */
const wallClocks = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const known = wallClocks.get(timeZone)
  if (known) return known
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  wallClocks.set(timeZone, clock)
  return clock
}

const invalid = (text: string) =>
  new MlangoError('schedule-invalid', `"${text}" is no schedule: five fields of numbers, *, lists, ranges and steps`)
