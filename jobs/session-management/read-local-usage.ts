import * as z from 'zod'
import { recordLocalUsage } from '../../src/access/local-usage.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { readLocalCounts } from '../../src/routers/local-users.ts'
import { withEachRouter } from '../router-monitoring/online-routers.ts'
import { defineJob } from '../services.ts'

/** Reads what the customers of routers have used that know their users themselves: those send no accounting. */
export const readLocalUsage = defineJob({
  payload: z.strictObject({}),
  attempts: 1,
  timeoutMs: 45_000,
  uniqueBy: () => 'all',
  schedule: '* * * * *',
  async run(_payload, services) {
    await withEachRouter(services, async ({ id: routerId, accessMode }, router) => {
      if (!router || accessMode !== 'local') return
      const counts = await readLocalCounts(router)
      if (counts.length > 0) await services.store.run(recordLocalUsage, { routerId, counts })
    })
    return done()
  },
})
