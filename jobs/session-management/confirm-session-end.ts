import * as z from 'zod'
import { sessionById } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done, effect, unasked } from '../../src/flow/job-outcome.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'
import { endSession, notEnded } from './end-session.ts'

/** A router said that it ended a session, but no accounting stop came: it is told once more, and then the session is over. */
export const confirmSessionEnd = defineJob({
  payload: z.strictObject({ sessionId: z.int() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ sessionId }) => String(sessionId),
  async run({ sessionId }, services) {
    const session = sessionById(services.db, sessionId)
    const router = session && routerById(services.db, session.routerId)
    if (!router || session.stoppedAtMs !== null) return unasked(done())
    return (
      notEnded(await endSession(services, session, router)) ??
      done(effect(noteSessionExpired, { sessionId, outcome: 'already-gone' }))
    )
  },
})
