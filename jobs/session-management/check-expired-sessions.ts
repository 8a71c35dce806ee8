import * as z from 'zod'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { grantById } from '../../src/access/grant-table.ts'
import { overstayingGrants } from '../../src/access/session-table.ts'
import { nextEndMs } from '../../src/access/time-left.ts'
import { done, snooze } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { defineJob } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'

/** Ends what has used up its time, and finds sessions that go on without a right to. Runs at each grant's end, and every minute as a net. */
export const checkExpiredSessions = defineJob({
  payload: z.strictObject({ grantId: z.uuid().optional() }),
  attempts: 3,
  timeoutMs: 60_000,
  uniqueBy: ({ grantId }) => grantId ?? 'all',
  schedule: '* * * * *',
  async run({ grantId }, { store, db, clock, signal }) {
    await untilNoMore(signal, () => store.run(endOverdueGrants, {}))
    for (const grantId of overstayingGrants(db, 200)) {
      await store.run(enqueueJob, { name: 'disconnect-expired-sessions', payload: { grantId } })
    }
    // It was extended or paused meanwhile: its end is looked at to the second all the same.
    const grant = grantId === undefined ? undefined : grantById(db, grantId)
    const endMs = grant?.endedAtMs === null ? nextEndMs(grant) : undefined
    return endMs !== undefined && endMs > clock.nowMs() ? snooze(endMs - clock.nowMs()) : done()
  },
})
