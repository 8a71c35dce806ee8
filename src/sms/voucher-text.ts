import { toGsm7 } from './gsm-7.ts'
import { type Writing, writeText } from './write-text.ts'

/** The code of a voucher that somebody else has paid. */
export function voucherText(writing: Writing, { code, packageName }: { code: string; packageName: string }): string {
  return writeText(writing, 'voucher', { code: toGsm7(code), package: toGsm7(packageName).slice(0, 30) }) ?? ''
}
