import { parsePhoneNumber } from '../billing/phone-number.ts'
import { type Payer, UNKNOWN_PAYER } from '../billing/receipt-table.ts'

/** A payer as M-PESA names one: the number, its SHA-256, or the number with its middle hidden. Names are not read. */
export function readPayer(written: string | undefined): Payer {
  // Statements put the name behind the number.
  const text = written?.split(' - ')[0]?.trim() ?? ''
  if (/^[0-9a-f]{64}$/i.test(text)) return { ...UNKNOWN_PAYER, sha256: text.toLowerCase() }
  const phone = parsePhoneNumber(text)
  if (phone !== undefined) return { ...UNKNOWN_PAYER, phone }
  const masked = /^\+?(\d{3,6})\s*\*+\s*(\d{2,4})\b/.exec(text)
  return masked ? { ...UNKNOWN_PAYER, masked: `${masked[1]} ***** ${masked[2]}` } : UNKNOWN_PAYER
}
