import type { SessionRow } from '../../src/access/session-table.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import type { RouterRow } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'

export type SessionEnding = 'disconnected' | 'already-gone' | 'kicked' | 'unreachable'

/** Takes one device off the network: RADIUS Disconnect-Request first, the router's API as the fall-back. */
export async function endSession(
  { disconnect, gate, signal }: JobServices,
  session: SessionRow,
  router: RouterRow,
): Promise<SessionEnding> {
  const answer = await disconnect(router, session, signal)
  if (answer.outcome === 'disconnected' || answer.outcome === 'already-gone') return answer.outcome
  const address = routerAddress(router)
  if (!address) return 'unreachable'
  const { username, macAddress } = session
  const kick = await gate.kick(address, { username, ...(macAddress !== null && { macAddress }) }, signal)
  return kick.outcome === 'not-online' ? 'already-gone' : kick.outcome
}
