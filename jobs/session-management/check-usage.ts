import * as z from 'zod'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { recordSeen } from '../../src/access/sessions.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { lookAtRouter } from './look-at-router.ts'

/**
 * Reads a customer's counters from the router at the moment at which the data was due to run out, between two accounting
 * updates: what is used up ends now, and what is not is looked at again when it will be.
 */
export const checkUsage = defineJob({
  payload: z.strictObject({ grantId: z.uuid(), dueAtMs: z.int() }),
  attempts: 3,
  timeoutMs: 60_000,
  // The next look is ordered while this one runs; what is due at nearly the same time is one look.
  uniqueBy: ({ grantId, dueAtMs }) => `${grantId}:${Math.floor(dueAtMs / 10_000)}`,
  async run({ grantId }, services) {
    const sessions = openSessionsOfGrant(services.db, grantId)
    const seen = []
    for (const routerId of new Set(sessions.map((session) => session.routerId))) {
      const ofRouter = sessions.filter((session) => session.routerId === routerId)
      const look = await lookAtRouter(services, routerId, ofRouter)
      // Its next accounting update tells the same a little later.
      if (look.outcome === 'seen') seen.push(...look.seen)
    }
    return seen.length === 0 ? done() : done(effect(recordSeen, { seen }))
  },
})
