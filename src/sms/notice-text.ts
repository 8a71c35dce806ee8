import { toGsm7 } from './gsm-7.ts'
import { timeInText, type Writing, writeText } from './write-text.ts'

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
  const values = { until, price: `${currency} ${priceCents / 100}`, account: toGsm7(accountNumber) }
  return writeText(writing, kind, values) ?? ''
}
