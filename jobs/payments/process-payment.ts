import { z } from 'zod'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** Decides what a payment bought, and asks for it. */
export const processPayment = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [1_000, 10_000, 60_000],
  uniqueBy: ({ paymentId }) => paymentId,
  run: async ({ paymentId }) => done(effect(deliverPayment, { paymentId })),
})
