import { openSessionsOfDevice, type SessionRow } from '../../src/access/session-table.ts'
import type { SeenOnRouter } from '../../src/access/sessions.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { routerById } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'

/** What a router's own list says of sessions that we hold for open. */
export type Look = { outcome: 'seen'; seen: SeenOnRouter[]; gone: SessionRow[] } | { outcome: 'unreachable' }

/** All of them are of one router. */
export async function lookAtRouter(
  { db, gate, signal }: JobServices,
  routerId: number,
  sessions: readonly SessionRow[],
): Promise<Look> {
  const router = routerById(db, routerId)
  const address = router && routerAddress(router)
  if (!address) return { outcome: 'unreachable' }
  const list = await gate.online(address, signal)
  if (list.outcome === 'unreachable') return list
  const seen: SeenOnRouter[] = []
  const gone: SessionRow[] = []
  for (const session of sessions) {
    const found = list.sessions.find(
      ({ username, macAddress, ipAddress }) =>
        username === session.username &&
        (session.macAddress === null ? ipAddress === session.framedIpAddress : macAddress === session.macAddress),
    )
    if (!found) gone.push(session)
    else
      seen.push({
        sessionId: session.id,
        counters: found.bytes && { ...found.bytes, sessionSeconds: found.uptimeSeconds },
      })
  }
  return { outcome: 'seen', seen, gone }
}

/** What a session's start, as its router told it, may differ from the router's own list. */
const ROUNDING_MS = 2_000

/** Whether the router has this very session on its list, whatever it says of its names; not one that followed it. */
export async function isListed(services: JobServices, session: SessionRow): Promise<boolean> {
  const { db, clock } = services
  const { id, macAddress, routerId, startedAtMs } = session
  if (macAddress !== null && openSessionsOfDevice(db, macAddress).some((other) => other.id > id)) return false
  const look = await lookAtRouter(services, routerId, [session])
  const [found] = look.outcome === 'seen' ? look.seen : []
  if (!found) return false
  const { counters } = found
  return counters === undefined || counters.sessionSeconds * 1000 >= clock.nowMs() - startedAtMs - ROUNDING_MS
}
