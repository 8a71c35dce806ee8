import { z } from 'zod'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { stepsOf, subscriptionById } from '../../src/access/subscription-table.ts'
import { discard, done, offline } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'
import { endSession } from '../session-management/end-session.ts'

/**
 * A payment has brought a subscription back, or another package: RADIUS says yes already, and a device that was down dials
 * again by itself. One that is online on the old package's terms is sent round once, to come back on the new ones.
 */
export const reconnectSubscription = defineJob({
  payload: z.strictObject({ subscriptionId: z.uuid() }),
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ subscriptionId }) => subscriptionId,
  async run({ subscriptionId }, services) {
    const { db, store } = services
    const subscription = subscriptionById(db, subscriptionId)
    if (!subscription) return discard(`there is no subscription ${subscriptionId}`)
    const { grantId, renewedAtMs } = subscription
    const [before, after] = stepsOf(db, subscriptionId).slice(-2)
    if (!after || before?.packageId === after.packageId) return done()
    for (const session of openSessionsOfGrant(db, grantId)) {
      const router = routerById(db, session.routerId)
      if (!router || session.startedAtMs > (renewedAtMs ?? 0)) continue
      const outcome = await endSession(services, session, router)
      if (outcome === 'unreachable') return offline(`router ${router.name} cannot be reached`)
      await store.run(noteSessionExpired, { sessionId: session.id, outcome })
    }
    await store.run(enqueueJob, { name: 'create-hotspot-user', payload: { grantId } })
    return done()
  },
})
