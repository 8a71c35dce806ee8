import { grantById } from '../../src/access/grant-table.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done, effect, type JobOutcome, offline } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { routerById } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'
import { endSession, notEnded } from './end-session.ts'

/**
 * Brings a grant's end, speed and other terms to the sessions that are open: by RADIUS CoA-Request without a break. Where
 * a router will not, or cannot change the term while the customer is online, the device is sent round once, to come back
 * with them.
 */
export async function bringTerms(services: JobServices, order: TermsOrder): Promise<JobOutcome> {
  // While this job lives no second one is made: what changes meanwhile is brought too.
  for (;;) {
    const seen = termsNow(services, order)
    const outcome = await bringOnce(services, order)
    const isDone = outcome.kind === 'done' && outcome.effects.length === 0
    if (!isDone || order.needsNewLogin || termsNow(services, order) === seen) return outcome
  }
}

interface TermsOrder {
  grantId: string
  needsNewLogin: boolean
}

function termsNow({ db }: JobServices, { grantId }: TermsOrder): string {
  const { expiresAtMs, dataLimitBytes, downKbps, upKbps } = grantById(db, grantId) ?? {}
  return JSON.stringify([expiresAtMs, dataLimitBytes, downKbps, upKbps, termsOfGrant(db, grantId)])
}

async function bringOnce(services: JobServices, { grantId, needsNewLogin }: TermsOrder): Promise<JobOutcome> {
  const { db, store, changeSession, signal } = services
  let mustLogIn = false
  for (const session of openSessionsOfGrant(db, grantId)) {
    const router = routerById(db, session.routerId)
    const grant = grantById(db, grantId)
    if (!router || !grant || grant.endedAtMs !== null) continue
    const access = { grant, terms: termsOfGrant(db, grantId) }
    const { outcome } = needsNewLogin
      ? ({ outcome: 'refused' } as const)
      : await changeSession(router, session, access, signal)
    if (outcome === 'no-answer') return offline(`${router.name} does not answer`, `router ${router.id}`)
    if (outcome === 'changed') continue
    const ending =
      outcome === 'refused' ? await endSession(services, session, router, { comesBack: true }) : { outcome }
    const failed = notEnded(ending)
    if (failed) return failed
    await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
    mustLogIn = true
  }
  return mustLogIn ? done(effect(enqueueJob, { name: 'create-hotspot-user', payload: { grantId } })) : done()
}
