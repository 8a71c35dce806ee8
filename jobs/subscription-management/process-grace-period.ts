import * as z from 'zod'
import { orderGraceWarnings } from '../../src/access/notices.ts'
import { lapseSubscriptions } from '../../src/access/subscription-times.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'

/** Warns those whose grace ends soon, once for each day; what nobody has paid for in three months expires. */
export const processGracePeriod = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/30 * * * *',
  async run(_payload, { store, site, signal }) {
    const { timeZone } = site
    for (let afterId: string | undefined = ''; afterId !== undefined; ) {
      // A stop must not count as done: whoever is left would hear nothing today.
      signal.throwIfAborted()
      afterId = (await store.run(orderGraceWarnings, { timeZone, afterId })).afterId
    }
    await untilNoMore(signal, () => store.run(lapseSubscriptions, {}))
    return done()
  },
})
