import * as z from 'zod'
import { type SessionRow, silentSessions } from '../../src/access/session-table.ts'
import { noteSessionSilent, recordSeen, tellRunningUsage } from '../../src/access/sessions.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob, type JobServices } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'
import { lookAtRouter } from './look-at-router.ts'

const MOST_AT_ONCE = 500
const TELL_EVERY_MS = 3_600_000

/**
 * Makes the session table right again where accounting fell silent: the router's own list says who is still online and
 * with which counters; who is not, or whose router cannot be asked, has left when last heard of. A router that comes
 * back and goes on counting opens its sessions again.
 */
export const syncRadiusAccounting = defineJob({
  payload: z.strictObject({}),
  attempts: 2,
  timeoutMs: 120_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  async run(_payload, services) {
    const { db, clock, store, staleAfterMs, signal } = services
    const sinceMs = clock.nowMs() - staleAfterMs
    const byRouter = Map.groupBy(silentSessions(db, sinceMs, MOST_AT_ONCE), ({ routerId }) => routerId)
    await Promise.all([...byRouter].map(([routerId, silent]) => syncRouter(services, routerId, silent, sinceMs)))
    await untilNoMore(signal, () => store.run(tellRunningUsage, { sinceMs: clock.nowMs() - TELL_EVERY_MS }))
    return done()
  },
})

async function syncRouter(
  services: JobServices,
  routerId: number,
  silent: readonly SessionRow[],
  sinceMs: number,
): Promise<void> {
  const look = await lookAtRouter(services, routerId, silent)
  if (look.outcome === 'seen' && look.seen.length > 0) await services.store.run(recordSeen, { seen: look.seen })
  const gone = look.outcome === 'seen' ? look.gone : silent
  for (const { id } of gone) await services.store.run(noteSessionSilent, { sessionId: id, sinceMs })
}
