import * as z from 'zod'
import { done, snooze } from '../../src/flow/job-outcome.ts'
import { readLiveData } from '../../src/routers/watch/live-data.ts'
import { noteLiveData } from '../../src/routers/watch/samples.ts'
import { defineJob } from '../services.ts'
import { withEachAddress } from './online-routers.ts'

const MINUTE_MS = 60_000
const EVERY_MS = 30_000

/**
 * Reads what the routers are doing, at the full and the half minute. A slow one is not waited for: what it says is told
 * the next time.
 */
export const fetchRouterLiveData = defineJob({
  payload: z.strictObject({}),
  attempts: 1,
  timeoutMs: 25_000,
  uniqueBy: () => 'all',
  schedule: '* * * * *',
  async run(_payload, services) {
    const { clock, store, gate, liveReads } = services
    const intoMinuteMs = clock.nowMs() % MINUTE_MS
    await withEachAddress(services, async ({ id }, address) => {
      if (!address) return
      const live = await liveReads.take(id, (signal) => readLiveData(gate.speak(address, signal), id, clock.nowMs()))
      if (live) await store.run(noteLiveData, live)
    })
    // The schedule knows only minutes.
    return intoMinuteMs < EVERY_MS ? snooze(EVERY_MS - intoMinuteMs) : done()
  },
})
