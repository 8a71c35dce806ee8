import * as z from 'zod'
import { grantById } from '../../src/access/grant-table.ts'
import { openSessionsOfGrant } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { allRouters, routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'
import { endLocalAccess } from './end-local-access.ts'
import { endSession, notEnded, type SessionEnding } from './end-session.ts'

/** Takes a customer whose grant has ended, or whom an operator wants off, off the network. No router waits for another. */
export const disconnectExpiredSessions = defineJob({
  payload: z.strictObject({ grantId: z.uuid() }),
  attempts: 4,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ grantId }) => grantId,
  async run({ grantId }, services) {
    const endings = (
      await Promise.all([...localEndings(services, grantId), ...sessionEndings(services, grantId)])
    ).flat()
    const failed = endings.find(({ outcome }) => outcome === 'refused') ?? endings.find(notEnded)
    return (failed && notEnded(failed)) ?? done()
  },
})

/** Where the user may have been written: the router it belongs to, or any while that is not known. */
function localEndings(services: JobServices, grantId: string): Promise<SessionEnding>[] {
  const grant = grantById(services.db, grantId)
  if (!grant) return []
  return allRouters(services.db)
    .filter(({ id, accessMode }) => accessMode === 'local' && (grant.routerId ?? id) === id)
    .map((router) => endLocalAccess(services, grant, router))
}

function sessionEndings(services: JobServices, grantId: string): Promise<SessionEnding[]>[] {
  const { db, store } = services
  return openSessionsOfGrant(db, grantId).map(async (session) => {
    const router = routerById(db, session.routerId)
    if (!router) return []
    const ending = await endSession(services, session, router)
    if (!('reason' in ending)) {
      await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
    }
    return [ending]
  })
}
