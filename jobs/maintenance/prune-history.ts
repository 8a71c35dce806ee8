import * as z from 'zod'
import { pruneOutages } from '../../src/access/outages.ts'
import { prunePauses } from '../../src/access/pause-history.ts'
import { pruneSessions } from '../../src/access/session-history.ts'
import { blankOldMessages } from '../../src/billing/old-messages.ts'
import { oldFailuresEndMs, pruneBoots, pruneJournal } from '../../src/flow/history.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { pruneFailedJobs } from '../../src/flow/queue-commands.ts'
import { pruneSystemMetrics } from '../../src/metrics/system-metrics.ts'
import { defineJob } from '../services.ts'

/** So few at a time that nobody waits for it. */
const AT_ONCE = 500

/**
 * Forgets what nobody will ask for any more: old facts that the cloud has, sessions, pauses, outages that gave nothing back, samples, what messages about money said
 * of their payers. Money, its history and the audit stay for good.
 */
export const pruneHistory = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 600_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '30 2 * * *',
  async run(_payload, { store, db, clock, hasCloud, log, signal }) {
    const gone: Record<string, number> = {}
    const prune = async (what: string, some: () => Promise<number>) => {
      for (let went = AT_ONCE; went === AT_ONCE && !signal.aborted; ) {
        went = await some()
        gone[what] = (gone[what] ?? 0) + went
      }
    }
    await prune('journal', () => store.run(pruneJournal, { limit: AT_ONCE, hasCloud }))
    await prune('sessions', () => store.run(pruneSessions, { limit: AT_ONCE }))
    await prune('pauses', () => store.run(prunePauses, { limit: AT_ONCE }))
    await prune('outages', () => store.run(pruneOutages, { limit: AT_ONCE }))
    await prune('metrics', () => store.run(pruneSystemMetrics, { limit: AT_ONCE }))
    const beforeMs = oldFailuresEndMs(db, clock.nowMs())
    await prune('failures', async () => (await store.run(pruneFailedJobs, { beforeMs })).pruned)
    await prune('boots', () => store.run(pruneBoots, { limit: AT_ONCE }))
    for (const inbox of ['callback_inbox', 'money_inbox'] as const) {
      await prune(inbox, () => store.run(blankOldMessages, { inbox, limit: AT_ONCE }))
    }
    signal.throwIfAborted()
    log.info(gone, 'history pruned')
    return done()
  },
})
