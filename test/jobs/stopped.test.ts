import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/store/client.ts'
import { openRooms } from '../billing/rooms.ts'
import { runJob } from './run-job.ts'

const IN_BATCHES = [
  'check-expired-sessions',
  'check-expired-subscriptions',
  'close-day',
  'expire-unused-vouchers',
  'process-grace-period',
  'sync-radius-accounting',
]

for (const name of IN_BATCHES) {
  test(`${name} that is stopped after one of many batches is not done: it goes on after the next start`, async (t) => {
    const rooms = openRooms()
    t.after(() => rooms.close())
    const stop = new AbortController()
    let batches = 0
    const store: Store = {
      async run(...order) {
        batches += 1
        stop.abort(new Error('the daemon is stopping'))
        const said = await rooms.store.run(...order)
        return { ...said, more: true }
      },
    }
    await assert.rejects(runJob(rooms, name, {}, { store, staleAfterMs: 1, signal: stop.signal }), /is stopping/)
    assert.equal(batches, 1)
  })
}
