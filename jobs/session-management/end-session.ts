import type { SessionRow } from '../../src/access/session-table.ts'
import { type JobOutcome, offline, retry } from '../../src/flow/job-outcome.ts'
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
  if (!address) return notCalledHome(router)
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
      return unreachable(router, kick.error.message)
  }
}

export const unreachable = (router: RouterRow, reason: string): SessionEnding => ({
  outcome: 'unreachable',
  reason: `${router.name}: ${reason}`,
  target: `router ${router.id}`,
})

export const notCalledHome = (router: RouterRow): SessionEnding => unreachable(router, 'it has not called home yet')

/** What a job comes to that could not end a session; undefined when the session is gone. */
export function notEnded(ending: SessionEnding): JobOutcome | undefined {
  if (ending.outcome === 'refused') return retry(ending.reason)
  return ending.outcome === 'unreachable' ? offline(ending.reason, ending.target) : undefined
}
