const noBreak = '\u00a0'

/** `14:05` today, `Tue 14:05` on another day, in the site's time zone; `locale` is a language tag (`en`, `sw`). */
export function siteTime(locale: string, timeZone: string, atMs: number, nowMs: number): string {
  const sameDay = dayKey(timeZone, atMs) === dayKey(timeZone, nowMs)
  const withinWeek = Math.abs(atMs - nowMs) < 6 * 86_400_000
  const day: Intl.DateTimeFormatOptions = sameDay
    ? {}
    : withinWeek
      ? { weekday: 'short' }
      : { day: 'numeric', month: 'short' }
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(`${locale}-KE`, { timeZone, hourCycle: 'h23', ...options }).format(atMs)
  const clock = part({ hour: '2-digit', minute: '2-digit' })
  return (sameDay ? clock : `${part(day)} ${clock}`).replace(/ /g, noBreak)
}

function dayKey(timeZone: string, atMs: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(atMs)
}
