import { localTime, signed } from './credentials-text.ts'
import { gsm7Length } from './gsm-7.ts'

export interface Notice {
  siteName: string
  timeZone: string
  /** due: the paid time ends. grace: it has ended, and so will the access. */
  kind: 'due' | 'grace'
  endsAtMs: number
  priceCents: number
  currency: string
  accountNumber: string
}

const PLACES = 160

/** One SMS of one segment: when it ends, how much to pay, and for which account. */
export function noticeText({
  siteName,
  timeZone,
  kind,
  endsAtMs,
  priceCents,
  currency,
  accountNumber,
}: Notice): string {
  const until = localTime(endsAtMs, timeZone)
  const end =
    kind === 'due' ? `Your Internet is paid until ${until}.` : `Your paid time is over. Your Internet ends ${until}.`
  const message = `${end} To go on, pay ${currency} ${priceCents / 100} for account ${accountNumber}.`
  return signed(siteName, message, PLACES - (gsm7Length(message) ?? PLACES))
}
