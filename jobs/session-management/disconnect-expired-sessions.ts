import * as z from 'zod'
import { type GrantRow, grantById, isHalted } from '../../src/access/grant-table.ts'
import { openSessionsOfGrant, type SessionRow } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { toldTerms } from '../../src/access/told-terms.ts'
import { done, unasked } from '../../src/flow/job-outcome.ts'
import { allRouters, routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'
import { endLocalAccess } from './end-local-access.ts'
import { endSession, notEnded, type SessionEnding } from './end-session.ts'

/**
 * Takes a customer off the network whose grant has ended, or whom an operator or he himself wants off (`asked`). No router waits
 * for another. A router may hear of it long after: who has the right to be online again by then stays.
 */
export const disconnectExpiredSessions = defineJob({
  payload: z.strictObject({ grantId: z.uuid(), asked: z.literal(true).optional() }),
  attempts: 4,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  // What somebody wants now is not lost in an order that may come to nothing.
  uniqueBy: ({ grantId, asked }) => (asked ? `${grantId} asked` : grantId),
  // The right may end once more just after it was looked at.
  rerun: true,
  async run({ grantId, asked }, services) {
    const grant = grantById(services.db, grantId)
    if (!grant || (!asked && !isHalted(grant))) return unasked(done())
    const sessions = openSessionsOfGrant(services.db, grantId).filter(
      (session) => asked || !isBehindWall(services, grant, session),
    )
    const endings = (
      await Promise.all([...localEndings(services, grant), ...sessionEndings(services, sessions)])
    ).flat()
    const failed = endings.find(({ outcome }) => outcome === 'refused') ?? endings.find(notEnded)
    return (failed && notEnded(failed)) ?? done()
  },
})

/** Whether the session began after the suspension, behind the wall where suspended customers may be online. */
const isBehindWall = ({ db }: JobServices, { id, endedAtMs }: GrantRow, { startedAtMs }: SessionRow): boolean =>
  endedAtMs !== null && startedAtMs >= endedAtMs && toldTerms(db, id)?.wall === 'suspended'

/** Where the user may have been written: the router it belongs to, or any while that is not known. */
function localEndings(services: JobServices, grant: GrantRow): Promise<SessionEnding>[] {
  return allRouters(services.db)
    .filter(({ id, accessMode }) => accessMode === 'local' && (grant.routerId ?? id) === id)
    .map((router) => endLocalAccess(services, grant, router))
}

function sessionEndings(services: JobServices, sessions: SessionRow[]): Promise<SessionEnding[]>[] {
  const { db, store } = services
  return sessions.map(async (session) => {
    const router = routerById(db, session.routerId)
    if (!router) return []
    const ending = await endSession(services, session, router)
    if (!('reason' in ending)) {
      await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
    }
    return [ending]
  })
}
