import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentPayments } from '../../src/billing/payment-table.ts'
import { plansOf } from '../flow/query-plans.ts'
import { openRooms } from './rooms.ts'

test('payments of a state, a phone or a time are found without reading a year of others', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const before = { createdAtMs: 1, id: 'a' }
  const asked = [{ state: 'REVIEW' }, { phoneNumber: '254712345678' }, { fromMs: 1, untilMs: 2 }] as const
  for (const which of asked)
    for (const after of [{}, { before }]) {
      const [look = ''] = plansOf(rooms.db, (db) => recentPayments(db, { limit: 1, ...which, ...after }))
      assert.match(look, /^SEARCH payments USING INDEX payments_by_(state|phone|time) /)
    }
})
