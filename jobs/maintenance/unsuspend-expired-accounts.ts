import * as z from 'zod'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { unsuspendExpired } from '../../src/staff/staff.ts'
import { defineJob } from '../services.ts'

/** Ends the lock-outs of operators whose time is over. */
export const unsuspendExpiredAccounts = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 60_000,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  run: async () => done(effect(unsuspendExpired, {})),
})
