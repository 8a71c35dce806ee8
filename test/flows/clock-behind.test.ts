import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDisk, onlineOnce } from './online-once.ts'
import { openSite } from './site.ts'

test('a start whose clock is behind begins after all that the last one has written down', async (t) => {
  const site = await openSite()
  t.after(() => site.close())
  await onlineOnce(site, await site.buy(site.join()))
  await site.kill()
  const [last] = onDisk(site, 'SELECT max(at_ms) AS atMs FROM journal') as { atMs: number }[]
  await site.start({ withoutPowerMs: -3_600_000 })
  const [start] = onDisk(site, 'SELECT started_at_ms AS atMs FROM boots ORDER BY number DESC LIMIT 1') as {
    atMs: number
  }[]
  assert.ok((start?.atMs ?? 0) > (last?.atMs ?? 0), `${start?.atMs} is not later than ${last?.atMs}`)
})
