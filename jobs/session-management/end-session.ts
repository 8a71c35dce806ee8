import { grantById, isHalted } from '../../src/access/grant-table.ts'
import type { SessionRow } from '../../src/access/session-table.ts'
import { type JobOutcome, offline, retry } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import type { RouterRow } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'
import { isListed } from './look-at-router.ts'

/** `refused`: the router would not do it, which waiting does not heal. */
export type SessionEnding =
  | { outcome: 'disconnected' | 'already-gone' | 'kicked' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'unreachable'; reason: string; target: string }

interface EndOptions {
  /** The device is logged in again at once, so its host row stays on the router. */
  comesBack?: boolean
  /** What came of a Disconnect-Request that was just sent for this session: no other is sent. */
  radiusSaid?: 'already-gone' | 'no-answer'
}

/**
 * Takes one device off the network: RADIUS Disconnect-Request first, then the router's API, which also takes its cookie and its
 * row away and looks whether it is gone.
 */
export async function endSession(
  services: JobServices,
  session: SessionRow,
  router: RouterRow,
  { comesBack = false, radiusSaid }: EndOptions = {},
): Promise<SessionEnding> {
  const { disconnect, gate, signal, log } = services
  const outcome = radiusSaid ?? (await disconnect(router, session, signal)).outcome
  const over = outcome === 'disconnected' || outcome === 'already-gone' ? ({ outcome } as const) : undefined
  if (outcome === 'disconnected' && comesBack) return { outcome }
  // One that had ended by itself may be followed by another of the same device already.
  const mayFollow = comesBack || hasRight(services, session)
  if (outcome === 'already-gone' && mayFollow && !(await isListed(services, session))) return { outcome }
  const address = routerAddress(router)
  if (!address) return over ?? notCalledHome(router)
  const { username, macAddress } = session
  const take = comesBack ? gate.endSessions : gate.kick
  const kick = await take(address, { username, ...(macAddress !== null && { macAddress }) }, signal)
  if (over) {
    // The session counts as ended all the same: without a right nobody gets anywhere by a cookie or a row.
    const reason = kick.outcome === 'refused' ? kick.message : kick.outcome === 'unreachable' && kick.error.message
    if (reason)
      log.warn({ routerId: router.id, reason }, 'what is left of a session that RADIUS ended was not looked at')
    return outcome === 'already-gone' && kick.outcome === 'kicked' ? { outcome: 'kicked' } : over
  }
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

function hasRight({ db }: JobServices, { grantId }: SessionRow): boolean {
  const grant = grantId === null ? undefined : grantById(db, grantId)
  return grant !== undefined && !isHalted(grant)
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
