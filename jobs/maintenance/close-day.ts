import * as z from 'zod'
import { giveUpPayments } from '../../src/billing/payment-deadlines.ts'
import { closeDays } from '../../src/billing/settlement.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'

/** So long after a purchase every channel has been asked. */
const GIVE_UP_MS = 49 * 3_600_000

/** Closes the business days that are over, and the purchases that nobody paid. */
export const closeDay = defineJob({
  payload: z.strictObject({}),
  attempts: 10,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'close',
  schedule: '20 * * * *',
  async run(_payload, { store, clock, signal }) {
    const askedBeforeMs = clock.nowMs() - GIVE_UP_MS
    await untilNoMore(signal, () => store.run(giveUpPayments, { askedBeforeMs }))
    await untilNoMore(signal, () => store.run(closeDays, {}))
    return done()
  },
})
