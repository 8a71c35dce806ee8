import * as z from 'zod'
import type { MoneyReport } from '../billing/receive-money.ts'
import { readBillReference } from './c2b-body.ts'
import { readDarajaReply, refusesToken } from './daraja-reply.ts'
import { readCents, readReceipt, textOf } from './money-fields.ts'
import { fromNairobiTime, nairobiTimestamp } from './nairobi-time.ts'
import { readPayer } from './payer.ts'

/** A page of M-PESA's books; `size` counts its lines, also those that tell of no money. */
export type PullAnswer =
  | { outcome: 'rows'; rows: { report: MoneyReport; line: string }[]; size: number }
  | { outcome: 'no-answer'; detail: string }

/** A full page; a shorter one is the last. */
export const PULL_PAGE = 100

const field = z.unknown().optional().transform(textOf)
const Row = z.object({ transactionId: field, trxDate: field, msisdn: field, billreference: field, amount: field })
const Page = z.object({ Response: z.array(z.union([z.array(z.unknown()), z.unknown()])) })

export function pullAnswerOf(reply: { status: number; text: string }): PullAnswer | { outcome: 'token-refused' } {
  const daraja = readDarajaReply(reply)
  if (refusesToken(daraja)) return { outcome: 'token-refused' }
  const page = Page.safeParse(parse(reply.text)).data
  if (reply.status !== 200 || daraja.errorCode !== undefined || !page) {
    return { outcome: 'no-answer', detail: daraja.detail }
  }
  // The lines come as a list in a list; nobody promises that it stays so.
  const lines = page.Response.flat()
  const rows = lines.flatMap((line) => {
    const report = reportOf(line)
    return report ? [{ report, line: JSON.stringify(line) }] : []
  })
  return { outcome: 'rows', rows, size: lines.length }
}

/** `2026-11-24 13:05:00`, in Nairobi. */
export function pullTime(timeMs: number): string {
  return nairobiTimestamp(timeMs).replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3 $4:$5:$6')
}

function reportOf(line: unknown): MoneyReport | undefined {
  const row = Row.safeParse(line).data
  const receipt = readReceipt(row?.transactionId)
  const amountCents = readCents(row?.amount)
  if (receipt === undefined || amountCents === undefined) return undefined
  const paidAtMs = fromNairobiTime(row?.trxDate?.replace(/(\.\d+)?Z?$/, '') ?? '') ?? null
  const payer = readPayer(row?.msisdn)
  return { kind: 'money', receipt, amountCents, billReference: readBillReference(row?.billreference), payer, paidAtMs }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
