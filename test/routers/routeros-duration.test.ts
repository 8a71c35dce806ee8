import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDurationSeconds } from '../../src/routers/routeros-duration.ts'

test('every way in which RouterOS says how long', () => {
  const said = [
    '0s',
    '45s',
    '1h',
    '5m30s',
    '1w2d3h4m5s',
    '1d02:03:04',
    '00:01:29',
    '2h29m56s240ms',
    '250ms',
    '3600',
    '01:00:00.5',
  ]
  const seconds = [0, 45, 3600, 330, 788_645, 93_784, 89, 8996, 0, 3600, 3600]
  assert.deepEqual(said.map(parseDurationSeconds), seconds)
})

test('what is no time is not taken for one', () => {
  for (const text of ['', 'none', 'received', '-1', '1x', 's', '1h-'])
    assert.equal(parseDurationSeconds(text), undefined, text)
})
