import { z } from 'zod'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done, offline } from '../../src/flow/job-outcome.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'
import { endSession } from './end-session.ts'

/** Takes a customer whose grant has ended, or whom an operator wants off, off the network. */
export const disconnectExpiredSessions = defineJob({
  payload: z.strictObject({ grantId: z.uuid() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ grantId }) => grantId,
  async run({ grantId }, services) {
    const { db, store } = services
    for (const session of openSessionsOfGrant(db, grantId)) {
      const router = routerById(db, session.routerId)
      if (!router) continue
      const outcome = await endSession(services, session, router)
      if (outcome === 'unreachable') return offline(`router ${router.name} cannot be reached`, `router ${router.id}`)
      await store.run(noteSessionExpired, { sessionId: session.id, outcome })
    }
    return done()
  },
})
