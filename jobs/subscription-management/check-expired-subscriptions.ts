import * as z from 'zod'
import { moveDueSubscriptions } from '../../src/access/subscription-times.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'

/** Brings subscriptions to what the time says: started, in grace, or down. */
export const checkExpiredSubscriptions = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  async run(_payload, { store, signal }) {
    await untilNoMore(signal, () => store.run(moveDueSubscriptions, {}))
    return done()
  },
})
