import * as z from 'zod'
import { unweighedBody } from '../../src/billing/inbox.ts'
import { weighCallback } from '../../src/billing/payment-answers.ts'
import { weighConfirmation } from '../../src/billing/receive-money.ts'
import { discard, done } from '../../src/flow/job-outcome.ts'
import { readC2bConfirmation } from '../../src/mpesa/c2b-body.ts'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import { defineJob } from '../services.ts'

/** A message about money at which our own code failed is weighed again; as a failed job it waits for a release that can. */
export const weighMessage = defineJob({
  payload: z.strictObject({ inbox: z.enum(['callback', 'money']), messageId: z.int() }),
  attempts: 4,
  timeoutMs: 30_000,
  backoffMs: [1_000, 60_000, 600_000],
  uniqueBy: ({ inbox, messageId }) => `${inbox} ${messageId}`,
  async run({ inbox, messageId }, { store, db }) {
    const body = unweighedBody(db, inbox, messageId)
    if (body === undefined) return done()
    if (body === '') return discard('what the message said has been forgotten')
    if (inbox === 'callback') await store.run(weighCallback, { messageId, evidence: readEvidence(body) })
    else await store.run(weighConfirmation, { messageId, report: readC2bConfirmation(body) })
    return done()
  },
})
