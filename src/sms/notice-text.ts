import { mustWrite, timeInText, type Writing } from './write-text.ts'

export interface Notice {
  /** due: the paid time ends. grace: it has ended, and so will the access. */
  kind: 'due' | 'grace'
  endsAtMs: number
  priceCents: number
  currency: string
  accountNumber: string
}

/** When it ends, how much to pay, and for which account. */
export function noticeText(writing: Writing, notice: Notice): string {
  const { kind, endsAtMs, priceCents, currency, accountNumber } = notice
  const until = timeInText(endsAtMs, writing)
  return mustWrite(writing, kind, { until, price: `${currency} ${priceCents / 100}`, account: accountNumber })
}
