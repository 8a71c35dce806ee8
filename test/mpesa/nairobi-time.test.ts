import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromNairobiTime, nairobiTimestamp } from '../../src/mpesa/nairobi-time.ts'

test('a timestamp is Nairobi time, whatever the host thinks', () => {
  assert.equal(nairobiTimestamp(Date.UTC(2026, 0, 2, 3, 4, 5)), '20260102060405')
  assert.equal(nairobiTimestamp(Date.UTC(2025, 11, 31, 21, 0, 0)), '20260101000000')
})

test('a moment is read with and without separators', () => {
  const moment = Date.UTC(2026, 3, 26, 9, 30, 0)
  for (const written of ['20260426123000', '2026-04-26 12:30:00', '2026-04-26T12:30:00', ' 20260426123000 ']) {
    assert.equal(fromNairobiTime(written), moment)
  }
})

test('what names no moment is not read', () => {
  for (const written of ['', '2026', '20260230120000', '20261301120000', '20260101250000', '20260101006000', 'soon']) {
    assert.equal(fromNairobiTime(written), undefined, written)
  }
})
