import * as z from 'zod'
import { discard, done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** Tells M-PESA where to report money that comes without a prompt. It takes these addresses once per shortcode. */
export const registerC2bUrls = defineJob({
  payload: z.strictObject({}),
  timeoutMs: 60_000,
  uniqueBy: () => 'register',
  async run(_payload, { mpesa, signal }) {
    if (!mpesa) return discard('M-PESA is not configured')
    const answer = await mpesa.client.registerC2b(mpesa.c2bUrls, signal)
    return answer.outcome === 'registered' ? done() : { kind: 'retry', reason: answer.detail }
  },
})
