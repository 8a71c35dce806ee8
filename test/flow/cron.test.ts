import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastSlotMs } from '../../src/flow/cron.ts'

const slot = (cron: string, now: string, zone = 'Africa/Nairobi') =>
  new Date(lastSlotMs(cron, zone, Date.parse(now))).toISOString()

test('the last slot is the latest time of the schedule that has come, in the zone of the site', () => {
  const now = '2026-03-04T10:17:42.900Z' // Wednesday, 13:17 in Nairobi
  assert.equal(slot('* * * * *', now), '2026-03-04T10:17:00.000Z')
  assert.equal(slot('*/5 * * * *', now), '2026-03-04T10:15:00.000Z')
  assert.equal(slot('30 * * * *', now), '2026-03-04T09:30:00.000Z')
  assert.equal(slot('0 3 * * *', now), '2026-03-04T00:00:00.000Z')
  assert.equal(slot('0 22 * * *', now), '2026-03-03T19:00:00.000Z')
  assert.equal(slot('0 8 * * 1-5', now), '2026-03-04T05:00:00.000Z')
  assert.equal(slot('0 8 * * 0,6', now), '2026-03-01T05:00:00.000Z')
  assert.equal(slot('0 8 * * 7', now), '2026-03-01T05:00:00.000Z')
  assert.equal(slot('15 6 1 * *', now), '2026-03-01T03:15:00.000Z')
  assert.equal(slot('0 0 29 2 *', now), '2024-02-28T21:00:00.000Z')
  assert.equal(slot('10-40/15 13 * * *', now), '2026-03-04T10:10:00.000Z')
  assert.equal(slot('0 0 * * *', now, 'UTC'), '2026-03-04T00:00:00.000Z')
})

test('a slot counts from its very second', () => {
  assert.equal(slot('0 3 * * *', '2026-03-04T00:00:00.000Z'), '2026-03-04T00:00:00.000Z')
  assert.equal(slot('0 3 * * *', '2026-03-03T23:59:59.999Z'), '2026-03-03T00:00:00.000Z')
})

test('when day and weekday are both given, either will do, as cron has it', () => {
  assert.equal(slot('0 0 1 * 3', '2026-03-04T10:00:00Z', 'UTC'), '2026-03-04T00:00:00.000Z')
  assert.equal(slot('0 0 1 * 3', '2026-03-02T10:00:00Z', 'UTC'), '2026-03-01T00:00:00.000Z')
})

test('a zone that turned its clocks since keeps the wall time of the slot', () => {
  // New York went from -5 to -4 on 8 March 2026.
  assert.equal(slot('0 7 7 * *', '2026-03-09T12:00:00Z', 'America/New_York'), '2026-03-07T12:00:00.000Z')
})

test('a text that is no schedule is refused with what is allowed', () => {
  for (const text of [
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '5-1 * * * *',
    '*/0 * * * *',
    'at noon',
    '@daily',
    '0 0 30 2 *',
  ]) {
    assert.throws(() => slot(text, '2026-03-04T10:00:00Z'), { code: 'schedule-invalid' }, text)
  }
})

test('a clock that was never set, at the beginning of 1970, has slots before it', () => {
  const slots = [
    ['17 4 * * *', '1969-12-31T01:17:00.000Z'],
    ['*/5 * * * *', '1970-01-01T00:00:00.000Z'],
    ['30 23 * * *', '1969-12-31T20:30:00.000Z'],
    ['0 0 1 * *', '1969-12-31T21:00:00.000Z'],
    ['0 9 15 11 *', '1969-11-15T06:00:00.000Z'],
  ] as const
  for (const [schedule, slot] of slots)
    assert.equal(new Date(lastSlotMs(schedule, 'Africa/Nairobi', 5_000)).toISOString(), slot, schedule)
  assert.equal(
    new Date(lastSlotMs('0 0 * * *', 'America/Lima', 5_000)).toISOString(),
    new Date('1969-12-31T00:00:00-05:00').toISOString(),
  )
})
