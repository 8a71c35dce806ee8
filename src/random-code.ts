import { randomInt } from 'node:crypto'

/** Crockford's base 32: no I, L, O, U, so a code survives handwriting and a telephone. */
export const READABLE = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const DIGITS = '0123456789'

/** `length` symbols, each drawn evenly from the system's random source. */
export function randomCode(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
