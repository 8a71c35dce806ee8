import * as z from 'zod'
import { orderReminders } from '../../src/access/notices.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** Reminds subscribers 7, 3, 1 and 0 days before their time ends, at nine in the morning, or once the clock is trusted; each of these once. */
export const sendPaymentReminders = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'all',
  // The clock may come to be trusted while it runs.
  rerun: true,
  schedule: '0 9 * * *',
  async run(_payload, { store, site, signal }) {
    const { timeZone } = site
    for (let afterId: string | undefined = ''; afterId !== undefined; ) {
      // A stop must not count as done: whoever is left would get no reminder today.
      signal.throwIfAborted()
      afterId = (await store.run(orderReminders, { timeZone, afterId })).afterId
    }
    return done()
  },
})
