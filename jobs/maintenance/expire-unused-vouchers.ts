import * as z from 'zod'
import { expireVouchers } from '../../src/billing/voucher-expiry.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'
import { untilNoMore } from '../until-no-more.ts'

/** Notes which batches of vouchers can no longer be redeemed. */
export const expireUnusedVouchers = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 120_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '* * * * *',
  async run(_payload, { store, signal }) {
    await untilNoMore(signal, () => store.run(expireVouchers, {}))
    return done()
  },
})
