import * as z from 'zod'
import { subscriptionById } from '../../src/access/subscription-table.ts'
import { discard } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { bringTerms } from '../session-management/bring-terms.ts'

/**
 * A subscription was renewed: RADIUS says yes already, and a device that was down dials again by itself. One that is online
 * gets the new end and speed.
 */
export const reconnectSubscription = defineJob({
  payload: z.strictObject({ subscriptionId: z.uuid() }),
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ subscriptionId }) => subscriptionId,
  // It may be renewed once more when the router has been told.
  rerun: true,
  async run({ subscriptionId }, services) {
    const subscription = subscriptionById(services.db, subscriptionId)
    if (!subscription) return discard(`there is no subscription ${subscriptionId}`)
    return bringTerms(services, { grantId: subscription.grantId, needsNewLogin: false })
  },
})
