import * as z from 'zod'
import { parsePhoneNumber } from '../billing/phone-number.ts'
import { readCents, readReceipt, textOf } from './money-fields.ts'
import { fromNairobiTime } from './nairobi-time.ts'

interface PromptIds {
  merchantRequestId: string
  checkoutRequestId: string
}

/** What M-PESA's callback says. A detail that is missing, contradicts itself or makes no sense is undefined. */
export type CallbackBody =
  | (PromptIds & {
      kind: 'paid'
      amountCents: number | undefined
      receipt: string | undefined
      /** `2547...`; undefined also when M-PESA masks or hashes it. */
      phoneNumber: string | undefined
      paidAtMs: number | undefined
    })
  | (PromptIds & { kind: 'ended'; resultCode: string })
  | { kind: 'unreadable'; reason: string }

const LONGEST_BODY = 64 * 1024

const id = z.string().trim().min(1).max(100)
const resultCode = z.union([z.int().transform(String), z.string().trim().min(1).max(20)])
const item = z.object({ Name: z.string(), Value: z.unknown().optional() })

/** Items are looked up by name, in any order; one that has no name, or an odd list, is passed over. */
const Callback = z.object({
  Body: z.object({
    stkCallback: z.object({
      MerchantRequestID: id,
      CheckoutRequestID: id,
      ResultCode: resultCode,
      CallbackMetadata: z
        .object({ Item: z.array(item.optional().catch(undefined)) })
        .optional()
        .catch(undefined),
    }),
  }),
})

export function readCallback(body: string): CallbackBody {
  if (body.length > LONGEST_BODY) return unreadable('it is too long')
  const json = parse(body)
  if (json === undefined) return unreadable('it is not JSON')
  const { data, error } = Callback.safeParse(json)
  if (!data) return unreadable(`${error.issues[0]?.path.join('.') || 'it'} is missing or wrong`)

  const callback = data.Body.stkCallback
  const ids = { merchantRequestId: callback.MerchantRequestID, checkoutRequestId: callback.CheckoutRequestID }
  if (callback.ResultCode !== '0') return { kind: 'ended', ...ids, resultCode: callback.ResultCode }
  const said = (name: string) => {
    const values = callback.CallbackMetadata?.Item.filter((each) => each?.Name === name).map((each) =>
      textOf(each?.Value),
    )
    return new Set(values).size === 1 ? values?.[0] : undefined
  }
  const paidAt = said('TransactionDate')
  return {
    kind: 'paid',
    ...ids,
    amountCents: readCents(said('Amount')),
    receipt: readReceipt(said('MpesaReceiptNumber')),
    phoneNumber: parsePhoneNumber(said('PhoneNumber') ?? ''),
    paidAtMs: paidAt === undefined ? undefined : fromNairobiTime(paidAt),
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

const unreadable = (reason: string): CallbackBody => ({ kind: 'unreadable', reason })
