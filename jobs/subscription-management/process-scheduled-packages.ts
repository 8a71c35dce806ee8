import * as z from 'zod'
import { applyTimetables } from '../../src/billing/package-timetable.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** Puts packages on and off sale at the times that were set for them. */
export const processScheduledPackages = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 100_000,
  uniqueBy: () => 'all',
  schedule: '* * * * *',
  run: async () => done(effect(applyTimetables, {})),
})
