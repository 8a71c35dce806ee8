/** A moment as the clock on the site's wall shows it: `2027-01-31 18:00:00`. */
export function localTime(at: number | string, timeZone: string): string {
  // Swedes write dates from the largest part to the smallest.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return format.format(new Date(at))
}
