import type { SessionRow } from '../../src/access/session-table.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import type { RouterRow } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'

/** `refused`: the router would not do it, which waiting does not heal. */
export type SessionEnding =
  | { outcome: 'disconnected' | 'already-gone' | 'kicked' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'unreachable'; reason: string; target: string }

/** Takes one device off the network: RADIUS Disconnect-Request first, the router's API as the fall-back. */
export async function endSession(
  { disconnect, gate, signal }: JobServices,
  session: SessionRow,
  router: RouterRow,
): Promise<SessionEnding> {
  const answer = await disconnect(router, session, signal)
  if (answer.outcome === 'disconnected' || answer.outcome === 'already-gone') return { outcome: answer.outcome }
  const address = routerAddress(router)
  if (!address) return awayFrom(router, 'has not called home yet')
  const { username, macAddress } = session
  const kick = await gate.kick(address, { username, ...(macAddress !== null && { macAddress }) }, signal)
  switch (kick.outcome) {
    case 'kicked':
      return { outcome: 'kicked' }
    case 'not-online':
      return { outcome: 'already-gone' }
    case 'refused':
      return { outcome: 'refused', reason: `${router.name}: ${kick.message}` }
    case 'unreachable':
      return awayFrom(router, kick.error.message)
  }
}

export const awayFrom = ({ id, name }: RouterRow, reason: string): SessionEnding => ({
  outcome: 'unreachable',
  reason: `${name}: ${reason}`,
  target: `router ${id}`,
})
