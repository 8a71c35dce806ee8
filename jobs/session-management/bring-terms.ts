import { grantById } from '../../src/access/grant-table.ts'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { toldTerms } from '../../src/access/told-terms.ts'
import { done, type JobOutcome } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { routerById } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'
import { endSession, notEnded } from './end-session.ts'

/**
 * Brings a grant's end, speed and other terms to the sessions that are open: by RADIUS CoA-Request without a break. Where
 * a router will not, does not hear RADIUS, or cannot change the term while the customer is online, the device is sent round
 * once, to come back with them.
 */
export async function bringTerms(services: JobServices, { grantId, needsNewLogin }: TermsOrder): Promise<JobOutcome> {
  const { db, clock, store, changeSession, signal } = services
  let failed: JobOutcome | undefined
  for (const session of openSessionsOfGrant(db, grantId)) {
    const router = routerById(db, session.routerId)
    const grant = grantById(db, grantId)
    // Over already, and its sessions with it; only who stood behind a wall that is gone is left.
    if (!router || !grant || (grant.endedAtMs !== null && !needsNewLogin)) continue
    // One that was told to go comes back with what is true then.
    if (session.endOutcome !== null) continue
    const access = { grant, terms: toldTerms(db, grantId) }
    const { outcome } = needsNewLogin
      ? ({ outcome: 'refused' } as const)
      : await changeSession(router, session, access, signal)
    if (outcome === 'changed') continue
    const radiusSaid = outcome === 'refused' ? {} : { radiusSaid: outcome }
    const ending = await endSession(services, session, router, { comesBack: true, ...radiusSaid })
    if ('reason' in ending) {
      failed ??= notEnded(ending)
      continue
    }
    const sessionId = session.id
    await store.run(noteSessionExpired, { sessionId, outcome: ending.outcome })
    await store.run(enqueueJob, { name: 'log-in-again', payload: { sessionId, endedAtMs: clock.nowMs() } })
  }
  return failed ?? done()
}

interface TermsOrder {
  grantId: string
  needsNewLogin: boolean
}
