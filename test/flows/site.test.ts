import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openSite } from './site.ts'

test('a site whose daemon does not start leaves nothing open that keeps its test from ending', async () => {
  await assert.rejects(openSite({ environment: { MLANGO_RADIUS_AUTH_PORT: 'nonsense' } }), /the daemon ended with 1/)
  await turn()
  const open = process.getActiveResourcesInfo().filter((what) => /Server|UDP/.test(what))
  assert.deepEqual(open, [])
})
