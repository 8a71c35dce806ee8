import { READABLE, randomCode } from '../random-code.ts'
import type { Db } from '../store/database.ts'
import { grantByUsername } from './grant-table.ts'

/** 30 bits: easy to say, and valid only while the package lives. */
const CODE_LENGTH = 6

export const isAccessCode = (text: string): boolean =>
  text.length === CODE_LENGTH && [...text].every((symbol) => READABLE.includes(symbol))

export function freshUsername(db: Db): string {
  for (;;) {
    const username = randomCode(CODE_LENGTH, READABLE)
    if (!grantByUsername(db, username)) return username
  }
}
