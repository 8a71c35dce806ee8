import * as z from 'zod'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { keptOutage } from '../../src/access/outages.ts'
import { done, snooze } from '../../src/flow/job-outcome.ts'
import { timesToJudgeBy } from '../../src/flow/time-trust.ts'
import { defineJob } from '../services.ts'

const MINUTE_MS = 60_000
/** The network mostly sets the clock of a box within this time of its being back. */
const CLOCK_WAIT_MS = 10 * MINUTE_MS

/** Gives back what an outage took, where the operator's policy says so. */
export const creditOutageJob = defineJob({
  payload: z.strictObject({
    routerId: z.int(),
    reason: z.enum(['router', 'uplink']),
    beganAtMs: z.int(),
    endedAtMs: z.int(),
  }),
  attempts: 5,
  timeoutMs: 100_000,
  backoffMs: [5_000, 30_000, 60_000],
  uniqueBy: ({ routerId, beganAtMs }) => `${routerId}:${beganAtMs}`,
  async run(outage, { store, db, clock, outagePolicy, signal }) {
    if (!outagePolicy.credit) return done()
    const nowMs = clock.nowMs()
    const { beganAtMs, endedAtMs } = keptOutage(db, outage) ?? outage
    // While the clock is not believed, nobody knows how long it was that began before this start.
    const isUnsure = timesToJudgeBy({ db, nowMs }).begunMs > beganAtMs
    if (isUnsure && nowMs - endedAtMs < CLOCK_WAIT_MS) return snooze(MINUTE_MS)
    const minutes = Math.floor((endedAtMs - beganAtMs) / MINUTE_MS)
    if (minutes < outagePolicy.threshold_minutes) return done()
    const mostSeconds = outagePolicy.most_minutes * 60
    const subject = `router ${outage.routerId}, ${minutes} minutes without ${outage.reason}, credited grants:`
    const audit = { actor: 'mlango', action: 'outage.credit', subject, unless: ['nothing'], made: 'credited' } as const
    for (let more = true; more; ) {
      // What has its time keeps it; the next run goes on with the rest.
      signal.throwIfAborted()
      more = (await store.run(creditOutage, { outage, mostSeconds }, audit)).more
    }
    return done()
  },
})
