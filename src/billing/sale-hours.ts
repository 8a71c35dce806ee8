/**
 * The hours of the week in which a package is on sale, in site time. When `until` is before `from` they run over midnight and
 * belong to the day on which they begin.
 */
export interface SaleHours {
  /** Bits: Monday 1 to Sunday 64. */
  saleDays: number | null
  /** Minutes since midnight. */
  saleFromMinute: number | null
  saleUntilMinute: number | null
}

export const ALWAYS: SaleHours = { saleDays: null, saleFromMinute: null, saleUntilMinute: null }

export const SALE_DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const DAY_MINUTES = 1440

export function isWithinHours(
  { saleDays, saleFromMinute, saleUntilMinute }: SaleHours,
  atMs: number,
  timeZone: string,
) {
  if (saleDays === null || saleFromMinute === null || saleUntilMinute === null) return true
  const { day, minute } = siteMinute(atMs, timeZone)
  const isOn = (weekday: number) => (saleDays & (1 << weekday)) !== 0
  if (saleFromMinute < saleUntilMinute) return isOn(day) && minute >= saleFromMinute && minute < saleUntilMinute
  return (isOn(day) && minute >= saleFromMinute) || (isOn((day + 6) % 7) && minute < saleUntilMinute)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The clock on the site's wall; Monday is 0. */
function siteMinute(atMs: number, timeZone: string): { day: number; minute: number } {
  // Making one takes longer than all else here.
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const names: readonly string[] = SALE_DAYS
  const day = names.indexOf(parts.weekday?.toLowerCase() ?? '')
  return { day, minute: (Number(parts.hour) * 60 + Number(parts.minute)) % DAY_MINUTES }
}
