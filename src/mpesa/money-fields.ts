/** Shillings as M-PESA writes them, to exact cents; digit by digit, because 1.15 * 100 is not 115. */
export function readCents(written: string | undefined): number | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{0,2})0*)?$/.exec(written ?? '')
  if (!parts) return undefined
  const cents = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
  return cents > 0 ? cents : undefined
}

export function readReceipt(written: string | undefined): string | undefined {
  const receipt = written?.trim().toUpperCase()
  return receipt !== undefined && /^[A-Z0-9]{6,20}$/.test(receipt) ? receipt : undefined
}

/** Numbers and texts alike; anything else has no text. A number that JSON cannot hold exactly comes out in a form no reader takes. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value.trim() : undefined
}
