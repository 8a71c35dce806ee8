import { z } from 'zod'
import { endOverdueGrants } from '../../src/access/grants.ts'
import { overstayingGrants } from '../../src/access/session-table.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { defineJob } from '../services.ts'

/** Ends what has used up its time, and finds sessions that go on without a right to. Runs at each grant's end, and every minute as a net. */
export const checkExpiredSessions = defineJob({
  payload: z.strictObject({ grantId: z.uuid().optional() }),
  attempts: 3,
  timeoutMs: 60_000,
  uniqueBy: ({ grantId }) => grantId ?? 'all',
  schedule: '* * * * *',
  async run(_payload, { store, db, signal }) {
    for (let more = true; more && !signal.aborted; ) more = (await store.run(endOverdueGrants, {})).more
    for (const grantId of overstayingGrants(db, 200)) {
      await store.run(enqueueJob, { name: 'disconnect-expired-sessions', payload: { grantId } })
    }
    return done()
  },
})
