const noBreak = '\u00a0'

// Making one takes longer than all of a page's prices.
const whole = new Intl.NumberFormat('en-KE', { maximumFractionDigits: 0 })
const withCents = new Intl.NumberFormat('en-KE', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** `KSh 10`, `KSh 1,250.50`, `USD 3`: no cents when whole, never broken over two lines. */
export function money(cents: number, currency: string): string {
  const amount = (cents % 100 === 0 ? whole : withCents).format(cents / 100)
  return `${currency === 'KES' ? 'KSh' : currency}${noBreak}${amount}`
}
