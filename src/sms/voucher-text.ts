import { toGsm7 } from './gsm-7.ts'
import { mustWrite, type Writing } from './write-text.ts'

/** Of the package's name: the code has to have room. */
const MOST_OF_NAME = 30

/** The code of a voucher that somebody else has paid. */
export function voucherText(writing: Writing, { code, packageName }: { code: string; packageName: string }): string {
  return mustWrite(writing, 'voucher', { code, package: toGsm7(packageName).slice(0, MOST_OF_NAME) })
}
