import * as z from 'zod'
import { waitingCallbacks } from '../../src/billing/inbox.ts'
import { weighWaitingCallbacks } from '../../src/billing/payment-answers.ts'
import { done, effect, snooze } from '../../src/flow/job-outcome.ts'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import { defineJob } from '../services.ts'

/** Few enough that neither a login's commit nor what the first of them have bought waits long. */
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
  async run(_, { db }) {
    const waiting = waitingCallbacks(db, AT_ONCE)
    const callbacks = waiting.map(({ messageId, body }) => ({ messageId, evidence: readEvidence(body) }))
    const weigh = effect(weighWaitingCallbacks, { callbacks })
    // The rest waits its turn behind what these have bought.
    return waiting.length < AT_ONCE ? done(weigh) : snooze(0, weigh)
  },
})
