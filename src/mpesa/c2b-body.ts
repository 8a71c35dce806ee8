import * as z from 'zod'
import type { MoneyMessage } from '../billing/receive-money.ts'
import { readCents, readReceipt, textOf } from './money-fields.ts'
import { fromNairobiTime } from './nairobi-time.ts'
import { readPayer } from './payer.ts'

const field = z.unknown().optional().transform(textOf)
const Confirmation = z.object({
  TransID: field,
  TransTime: field,
  TransAmount: field,
  BillRefNumber: field,
  MSISDN: field,
})

/** A C2B confirmation: somebody has paid the paybill or the till. Never throws, and never repeats what the body holds. */
export function readC2bConfirmation(body: string): MoneyMessage['report'] {
  const { data } = Confirmation.safeParse(parse(body))
  if (!data) return { kind: 'malformed', reason: 'it is not a JSON object' }
  const receipt = readReceipt(data.TransID)
  const amountCents = readCents(data.TransAmount)
  if (receipt === undefined) return { kind: 'malformed', reason: 'TransID is missing or wrong' }
  if (amountCents === undefined) return { kind: 'malformed', reason: 'TransAmount is missing or wrong' }
  return {
    kind: 'money',
    receipt,
    amountCents,
    billReference: readBillReference(data.BillRefNumber),
    payer: readPayer(data.MSISDN),
    paidAtMs: fromNairobiTime(data.TransTime ?? '') ?? null,
  }
}

/** What the payer typed as the account: any case, with spaces; empty for a till. */
export function readBillReference(written: string | undefined): string | null {
  const reference = (written ?? '').replace(/\s/g, '').toUpperCase().slice(0, 40)
  return reference === '' ? null : reference
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
