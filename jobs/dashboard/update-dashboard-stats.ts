import * as z from 'zod'
import { announceDashboard, readDashboard } from '../../src/dashboard/dashboard.ts'
import { dashboardView } from '../../src/dashboard/dashboard-view.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { readSite } from '../../src/store/site.ts'
import { defineJob } from '../services.ts'

/** The clock's shortest step is a minute: each run orders the one between. */
const HALF_MINUTE_MS = 30_000

/** Tells live views the site's numbers, twice a minute. Whoever asks gets them fresh anyway. */
export const updateDashboardStats = defineJob({
  payload: z.strictObject({ between: z.literal(true).optional() }),
  attempts: 1,
  timeoutMs: 30_000,
  uniqueBy: ({ between }) => (between ? 'between' : 'minute'),
  schedule: '* * * * *',
  catchUp: 'skip',
  async run({ between }, { db, clock, site }) {
    const nowMs = clock.nowMs()
    const { timeZone, currency } = site
    const stats = dashboardView(readDashboard(db, timeZone, nowMs), { currency, siteId: readSite(db).id })
    const tell = effect(announceDashboard, { stats })
    if (between) return done(tell)
    const order = { name: 'update-dashboard-stats', payload: { between: true }, runAtMs: nowMs + HALF_MINUTE_MS }
    return done(tell, effect(enqueueJob, order))
  },
})
