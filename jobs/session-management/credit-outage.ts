import * as z from 'zod'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { keptOutage } from '../../src/access/outages.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

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
  async run(outage, { store, db, outagePolicy, signal }) {
    const { beganAtMs, endedAtMs } = keptOutage(db, outage) ?? outage
    const minutes = Math.floor((endedAtMs - beganAtMs) / 60_000)
    if (!outagePolicy.credit || minutes < outagePolicy.threshold_minutes) return done()
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
