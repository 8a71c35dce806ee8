const noBreak = '\u00a0'

/** `KSh 10`, `KSh 1,250.50`, `USD 3`: no cents when whole, never broken over two lines. */
export function money(cents: number, currency: string): string {
  const whole = cents % 100 === 0
  const amount = new Intl.NumberFormat('en-KE', {
    minimumFractionDigits: whole ? 0 : 2,
    maximumFractionDigits: 2,
  }).format(cents / 100)
  return `${currency === 'KES' ? 'KSh' : currency}${noBreak}${amount}`
}
