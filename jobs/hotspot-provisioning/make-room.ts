import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { openSessionsOfDevice, openSessionsOfGrant, type SessionRow } from '../../src/access/session-table.ts'
import { noteGivesWay, noteSessionExpired } from '../../src/access/sessions.ts'
import { type JobOutcome, offline, retry } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { type RouterRow, routerById } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'
import { endSession, notEnded } from '../session-management/end-session.ts'
import { isKept } from './kept-session.ts'
import { logInTerms } from './log-in-terms.ts'

/**
 * The device that asks last is let in: older ones beyond the grant's limit go, since the router would refuse this one, but only
 * when it waits at its router; and so does what this device was online with until now, if that is nobody else's.
 * Undefined when there is room.
 */
export async function makeRoom(
  services: JobServices,
  grant: GrantRow,
  router: RouterRow,
): Promise<JobOutcome | undefined> {
  const failed = await endOlderSessions(services, grant, router)
  if (failed || router.accessMode !== 'local') return failed
  return endOlderLogins(services, grant, router)
}

async function endOlderSessions(
  services: JobServices,
  grant: GrantRow,
  at: RouterRow,
): Promise<JobOutcome | undefined> {
  const { db, clock, store } = services
  const mayEnd = ({ grantId }: SessionRow) =>
    grantId === null || !isKept(db, grantById(db, grantId), grant, clock.nowMs())
  const others = openSessionsOfGrant(db, grant.id).filter(({ macAddress }) => macAddress !== grant.macAddress)
  const before = openSessionsOfDevice(db, grant.macAddress).filter((one) => one.grantId !== grant.id && mayEnd(one))
  const tooMany = beyondLimit(grant, others)
  const going = tooMany.length > 0 && (await comesIn(services, grant, at)) ? tooMany : []
  for (const session of [...before, ...going]) {
    const router = routerById(db, session.routerId)
    if (!router) continue
    // Before it is off: it comes by at once.
    if (going.includes(session)) await store.run(noteGivesWay, { sessionId: session.id })
    const ending = await endSession(services, session, router, { comesBack: session.macAddress === grant.macAddress })
    const failed = notEnded(ending)
    if (failed) return failed
    await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
  }
  return undefined
}

/** A router that knows its users itself tells of no sessions: its own list says who is online. */
async function endOlderLogins(
  services: JobServices,
  grant: GrantRow,
  router: RouterRow,
): Promise<JobOutcome | undefined> {
  const { gate, signal } = services
  const address = routerAddress(router)
  const list = address && (await gate.onlineAs(address, grant.username, signal))
  if (!address || list?.outcome !== 'listed') return undefined
  const others = list.sessions
    .filter(({ macAddress }) => macAddress !== grant.macAddress)
    .sort((one, other) => other.uptimeSeconds - one.uptimeSeconds)
  const tooMany = beyondLimit(grant, others)
  if (tooMany.length === 0 || !(await comesIn(services, grant, router))) return undefined
  for (const { username, macAddress } of tooMany) {
    const kick = await gate.kick(address, { username, macAddress }, signal)
    if (kick.outcome === 'refused') return retry(kick.message)
    if (kick.outcome === 'unreachable') return offline(kick.error.message, `router ${router.id}`)
  }
  return undefined
}

/** Of the grant's other devices, oldest first, those that must go for one more. */
const beyondLimit = <Device>({ deviceLimit }: GrantRow, others: readonly Device[]): Device[] =>
  others.slice(0, Math.max(0, others.length - deviceLimit + 1))

/**
 * Whether the grant's device waits to be let in; if it does not, no other has to go. Nobody can tell of a router that has not
 * called home: then it counts as waiting.
 */
async function comesIn(services: JobServices, grant: GrantRow, router: RouterRow): Promise<boolean> {
  const address = routerAddress(router)
  const { macAddress, username } = grant
  if (!address || macAddress === null) return true
  const terms = logInTerms(services, grant)
  const { outcome } = await services.gate.lookAtDoor(address, { macAddress, username }, services.signal, terms)
  return outcome === 'waits'
}
