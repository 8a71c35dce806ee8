import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, isKnownFailure } from '../../src/mpesa/result-codes.ts'

const meanings: [resultCode: string, code: string, retryAfterSeconds: number | undefined, alarm: boolean][] = [
  ['1', 'low-balance', undefined, false],
  ['2', 'declined', undefined, true],
  ['3', 'over-limit', undefined, false],
  ['4', 'over-limit', undefined, false],
  ['8', 'declined', undefined, true],
  ['17', 'too-soon', 120, false],
  ['26', 'mpesa-down', 60, false],
  ['1001', 'busy', 60, false],
  ['1019', 'no-reply', undefined, false],
  ['1025', 'mpesa-down', undefined, false],
  ['1032', 'cancelled', undefined, false],
  ['1037', 'no-reply', undefined, false],
  ['2001', 'wrong-pin', undefined, false],
  ['2028', 'declined', undefined, true],
  ['SFC_IC0003', 'declined', undefined, true],
  ['8006', 'pin-locked', undefined, false],
  ['9999', 'mpesa-down', undefined, false],
]

test('every documented failure has its meaning, and no other code is a known failure', () => {
  for (const [resultCode, code, retryAfterSeconds, alarm] of meanings) {
    const failure = failureOf(resultCode)
    assert.deepEqual(
      [failure.code, failure.retryAfterSeconds, failure.alarm ?? false],
      [code, retryAfterSeconds, alarm],
    )
  }
  const numbers = Array.from({ length: 10_000 }, (_, number) => String(number))
  const known = [...numbers, 'SFC_IC0003', 'R000001', 'C2B00011', '', ' 1', '01', 'constructor'].filter(isKnownFailure)
  assert.deepEqual(known.toSorted(), meanings.map(([resultCode]) => resultCode).toSorted())
})

test('a code that nobody has described counts as declined and wants a look', () => {
  for (const resultCode of ['5', '20', '4242', '', '__proto__', 'toString']) {
    assert.deepEqual(failureOf(resultCode), { code: 'declined', alarm: true })
  }
})
