import { z } from 'zod'
import { openSessionsOfGrant, type SessionRow } from '../../src/access/session-table.ts'
import { noteSessionExpired } from '../../src/access/sessions.ts'
import { done, offline } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { type RouterRow, routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'

/** Takes a customer whose grant has ended off the network: RADIUS Disconnect-Request first, the router's API as the fall-back. */
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
      const outcome = await end(services, session, router)
      if (outcome === 'unreachable') return offline(`router ${router.name} cannot be reached`)
      await store.run(noteSessionExpired, { sessionId: session.id, outcome })
    }
    return done()
  },
})

type Ending = 'disconnected' | 'already-gone' | 'kicked' | 'unreachable'

async function end({ disconnect, gate, signal }: JobServices, session: SessionRow, router: RouterRow): Promise<Ending> {
  const answer = await disconnect(router, session, signal)
  if (answer.outcome === 'disconnected' || answer.outcome === 'already-gone') return answer.outcome
  const address = routerAddress(router)
  if (!address) return 'unreachable'
  const { username, macAddress } = session
  const kick = await gate.kick(address, { username, ...(macAddress !== null && { macAddress }) }, signal)
  return kick.outcome === 'not-online' ? 'already-gone' : kick.outcome
}
