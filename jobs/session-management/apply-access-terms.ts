import { z } from 'zod'
import { grantById } from '../../src/access/grant-table.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done, offline, retry } from '../../src/flow/job-outcome.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'
import { endSession, notEnded } from './end-session.ts'

/**
 * Brings new terms to the sessions that are open: by RADIUS CoA-Request without a break, or by a new login where a
 * router cannot change the term while the customer is online.
 */
export const applyAccessTerms = defineJob({
  payload: z.strictObject({ grantId: z.uuid(), needsNewLogin: z.boolean() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  async run({ grantId, needsNewLogin }, services) {
    const { db, store, changeSession, signal } = services
    const grant = grantById(db, grantId)
    if (!grant || grant.endedAtMs !== null) return done()
    for (const session of openSessionsOfGrant(db, grantId)) {
      const router = routerById(db, session.routerId)
      if (!router) continue
      if (needsNewLogin) {
        const ending = await endSession(services, session, router)
        const failed = notEnded(ending)
        if (failed) return failed
        await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
        continue
      }
      const { outcome } = await changeSession(router, session, { grant, terms: termsOfGrant(db, grantId) }, signal)
      if (outcome === 'no-answer') return offline(`${router.name} does not answer`, `router ${router.id}`)
      if (outcome === 'refused') return retry(`${router.name} refuses the new terms`)
      if (outcome !== 'changed') await store.run(noteSessionExpired, { sessionId: session.id, outcome })
    }
    return done()
  },
})
