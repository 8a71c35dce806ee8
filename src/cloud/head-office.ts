import * as z from 'zod'

/** What is null or empty was not said. */
const text = z
  .string()
  .trim()
  .nullish()
  .transform((said) => said || undefined)

/** What head office says of a refund that it was to do. */
const refundResult = z.object({
  result: z.enum(['done', 'failed', 'lost', 'not-done']),
  method: z
    .enum(['reversal', 'b2c', 'manual'])
    .nullish()
    .transform((said) => said ?? 'reversal'),
  /** Under which M-PESA moved the money back, or its number of the conversation. */
  reference: text.pipe(z.string().max(64).optional()),
  reason: text.transform((said) => said?.slice(0, 200)),
})

/** What head office says of a signed voucher that is no longer good. */
const voucherBan = z.discriminatedUnion('reason', [
  z.object({ reason: z.literal('withdrawn') }),
  z.object({
    reason: z.literal('used-elsewhere'),
    /** Where it was used first. */
    site: z.string().min(1).max(64),
    /** What becomes of the access that it gave here, too. */
    access: z.enum(['keep', 'end']),
  }),
])

/** Undefined when the message is not of the kind that it says it is. */
export const readRefundResult = (body: string) => refundResult.safeParse(parse(body)).data
export const readVoucherBan = (body: string) => voucherBan.safeParse(parse(body)).data

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
