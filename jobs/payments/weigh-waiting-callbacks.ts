import * as z from 'zod'
import { waitingCallbacks } from '../../src/billing/inbox.ts'
import { weighWaitingCallbacks } from '../../src/billing/settle.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import { defineJob } from '../services.ts'

/** Few enough that a login's commit does not wait for them. */
const AT_ONCE = 25

/** Callbacks that came in a crowd were answered as soon as they were on disk; here they are looked into, oldest first. */
export const weighWaiting = defineJob({
  payload: z.strictObject({}),
  local: true,
  rerun: true,
  attempts: 10,
  timeoutMs: 60_000,
  backoffMs: [1_000, 10_000, 60_000],
  uniqueBy: () => 'all',
  async run(_, { store, db }) {
    for (;;) {
      const waiting = waitingCallbacks(db, AT_ONCE)
      if (waiting.length === 0) return done()
      const callbacks = waiting.map(({ messageId, body }) => ({ messageId, evidence: readEvidence(body) }))
      await store.run(weighWaitingCallbacks, { callbacks })
    }
  },
})
