import * as z from 'zod'
import { defineJob } from '../services.ts'
import { bringTerms } from './bring-terms.ts'

/** Brings new terms to the sessions that are open. */
export const applyAccessTerms = defineJob({
  payload: z.strictObject({ grantId: z.uuid(), needsNewLogin: z.boolean() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ grantId, needsNewLogin }) => `${grantId} ${needsNewLogin}`,
  // They may change once more when the router has been told.
  rerun: true,
  run: (order, services) => bringTerms(services, order),
})
