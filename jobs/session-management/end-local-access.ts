import { type GrantRow, isHalted } from '../../src/access/grant-table.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import type { RouterRow } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'
import { notCalledHome, type SessionEnding, unreachable } from './end-session.ts'

/**
 * Takes a customer off a router that knows the user itself and reports no sessions. The user goes first if the grant is
 * over or paused: otherwise the phone would be back at once.
 */
export async function endLocalAccess(
  { gate, signal }: JobServices,
  grant: GrantRow,
  router: RouterRow,
): Promise<SessionEnding> {
  const address = routerAddress(router)
  if (!address) return notCalledHome(router)
  const { username } = grant
  const removed = !isHalted(grant) ? undefined : await gate.removeUser(address, username, signal)
  const answer =
    removed?.outcome === 'refused' || removed?.outcome === 'unreachable'
      ? removed
      : await gate.kick(address, { username }, signal)
  switch (answer.outcome) {
    case 'kicked':
      return { outcome: 'kicked' }
    case 'not-online':
      return { outcome: 'already-gone' }
    case 'refused':
      return { outcome: 'refused', reason: `${router.name}: ${answer.message}` }
    case 'unreachable':
      return unreachable(router, answer.error.message)
  }
}
