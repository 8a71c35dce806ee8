import * as z from 'zod'
import { noteTime, type TimeTeller } from '../../src/flow/clock-evidence.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { readRouterClock } from '../../src/routers/watch/router-clock.ts'
import { withEachRouter } from '../router-monitoring/online-routers.ts'
import { defineJob } from '../services.ts'

/** Clocks show whole seconds: half of one either way. */
const HALF_SECOND_MS = 500

/**
 * Asks others for the time while nobody has set the machine's clock: routers whose own clock the network has set, and M-PESA's
 * servers. What they say together decides whether the clock is trusted; nobody sets it here.
 */
export const hearTheTime = defineJob({
  payload: z.strictObject({}),
  attempts: 1,
  timeoutMs: 50_000,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  async run(_payload, services) {
    const { store, timeOf, signal } = services
    if (timeOf.isNetworkTime()) return done()
    const hear = async (teller: TimeTeller, ask: () => Promise<number | undefined>) => {
      const askedAtMs = timeOf.machine()
      const theirsMs = await ask()
      const tookMs = timeOf.machine() - askedAtMs
      if (theirsMs === undefined) return
      const offsetMs = Math.round(theirsMs + HALF_SECOND_MS - (askedAtMs + tookMs / 2))
      await store.run(noteTime, { teller, offsetMs, errorMs: HALF_SECOND_MS + Math.ceil(tookMs / 2) })
    }
    await Promise.all([
      withEachRouter(services, async (_router, speech) => {
        if (speech) await hear('router', () => readRouterClock(speech))
      }),
      hear('http', () => timeOf.server(signal)),
    ])
    return done()
  },
})
