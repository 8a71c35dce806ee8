import { z } from 'zod'
import { grantById } from '../../src/access/grant-table.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { subscriptionById } from '../../src/access/subscription-table.ts'
import { discard, done, effect, offline } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'
import { endSession, notEnded } from '../session-management/end-session.ts'

/**
 * A subscription was renewed: RADIUS says yes already, and a device that was down dials again by itself. One that is online
 * gets the new end and speed by CoA-Request; where its router will not, it is sent round once, to come back with them.
 */
export const reconnectSubscription = defineJob({
  payload: z.strictObject({ subscriptionId: z.uuid() }),
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ subscriptionId }) => subscriptionId,
  async run({ subscriptionId }, services) {
    const { db, store, changeSession, signal } = services
    const subscription = subscriptionById(db, subscriptionId)
    if (!subscription) return discard(`there is no subscription ${subscriptionId}`)
    const { grantId } = subscription
    let mustLogIn = false
    for (const session of openSessionsOfGrant(db, grantId)) {
      const router = routerById(db, session.routerId)
      const grant = grantById(db, grantId)
      if (!router || !grant || grant.endedAtMs !== null) continue
      const { outcome } = await changeSession(router, session, { grant, terms: termsOfGrant(db, grantId) }, signal)
      if (outcome === 'no-answer') return offline(`${router.name} does not answer`, `router ${router.id}`)
      if (outcome === 'changed') continue
      const ending = outcome === 'refused' ? await endSession(services, session, router) : { outcome }
      const failed = notEnded(ending)
      if (failed) return failed
      await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
      mustLogIn = true
    }
    return mustLogIn ? done(effect(enqueueJob, { name: 'create-hotspot-user', payload: { grantId } })) : done()
  },
})
