import * as z from 'zod'
import { moveDueSubscriptions } from '../../src/access/subscription-times.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** Brings subscriptions to what the time says: started, in grace, or down. */
export const checkExpiredSubscriptions = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  async run(_payload, { store, signal }) {
    for (let more = true; more && !signal.aborted; ) more = (await store.run(moveDueSubscriptions, {})).more
    return done()
  },
})
