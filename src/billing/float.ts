import { type CommandContext, command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { post } from './ledger.ts'
import { unnamedRefundOf } from './refund-table.ts'
import { nameRefund } from './refunds.ts'

/** Money that left the M-PESA account, as a statement tells it. */
export interface MoneyOut {
  /** M-PESA's number. A charge may share its payment's. */
  receipt: string
  kind: 'fee' | 'bank' | 'other'
  amountCents: number
  /** The receipt that it gives back, where the statement names one. */
  aboutReceipt: string | null
  atMs: number
}

/** What the account held after the newest line of a statement. */
export interface StatementBalance {
  cents: number
  atMs: number
}

/** What a statement tells beyond the money that came. Charges and transfers are booked; what else went out, a refund must explain. */
export const bookStatement = command(
  'payments.book-statement',
  (context, { out, balance }: { out: MoneyOut[]; balance: StatementBalance | undefined }): void => {
    for (const one of out) bookOut(context, one)
    if (!balance) return
    sql(
      context.db,
      `INSERT INTO statement_balances (at_ms, cents, told_at_ms) VALUES (:atMs, :cents, :nowMs)
       ON CONFLICT (at_ms) DO UPDATE SET cents = excluded.cents, told_at_ms = excluded.told_at_ms`,
    ).run({ ...balance, nowMs: context.nowMs })
  },
)

function bookOut(context: CommandContext, out: MoneyOut): void {
  const { changes } = sql(
    context.db,
    `INSERT OR IGNORE INTO money_out (receipt, kind, amount_cents, about_receipt, at_ms, told_at_ms)
     VALUES (:receipt, :kind, :amountCents, :aboutReceipt, :atMs, :nowMs)`,
  ).run({ ...out, nowMs: context.nowMs })
  if (out.kind === 'other') nameRefundOf(context, out)
  if (changes === 0 || out.kind === 'other') return
  const to = out.kind === 'fee' ? 'mpesa_fees' : 'bank'
  const { receipt, amountCents } = out
  post(context, { key: `out:${receipt}:${out.kind}:${amountCents}`, from: 'mpesa_float', to, amountCents })
}

/** It names the money that it gives back: what was told to be done without a number has it now. */
function nameRefundOf(context: CommandContext, { receipt, aboutReceipt, amountCents }: MoneyOut): void {
  const refund = aboutReceipt === null ? undefined : unnamedRefundOf(context.db, aboutReceipt)
  if (refund?.amountCents === amountCents) nameRefund(context, refund, receipt, 'statement')
}

/** The newest statement against the books, both as of its last line. */
export interface FloatCheck {
  atMs: number
  statementCents: number
  booksCents: number
  /** By how much M-PESA had more when the two were first compared: what the account held before. */
  openingCents: number
}

export function floatCheck(
  db: Db,
  books: { untilMs: number; floatCents: number; openingCents: number | undefined },
): FloatCheck | null {
  const { untilMs, floatCents } = books
  const newest = sql(
    db,
    'SELECT at_ms AS atMs, cents FROM statement_balances WHERE at_ms < ? ORDER BY at_ms DESC LIMIT 1',
  ).get(untilMs) as StatementBalance | undefined
  if (!newest) return null
  const { atMs, cents: statementCents } = newest
  const booksCents = floatCents - movedAfter(db, { atMs, untilMs })
  return { atMs, statementCents, booksCents, openingCents: books.openingCents ?? statementCents - booksCents }
}

/** M-PESA's clock and the box's need not agree. */
const CLOCKS_DIFFER_MS = 3_600_000

/** A refund that a statement shows went out when that says, not when somebody told of it here. */
export const EXPLAINS = `(reference = money_out.receipt OR receipts.receipt = money_out.about_receipt)`

/** What of the float came and went after that moment by M-PESA's own time, and is booked by `untilMs`. */
function movedAfter(db: Db, { atMs, untilMs }: { atMs: number; untilMs: number }): number {
  return sql(
    db,
    `SELECT (SELECT coalesce(sum(amount_cents), 0) FROM receipts WHERE duplicate_of IS NULL
        AND arrived_at_ms > :earliestMs AND arrived_at_ms < :untilMs AND coalesce(paid_at_ms, arrived_at_ms) > :atMs)
      - (SELECT coalesce(sum(refunds.amount_cents), 0) FROM refunds JOIN receipts ON receipts.id = receipt_id
        WHERE state = 'done' AND ended_at_ms > :atMs AND ended_at_ms < :untilMs
          AND NOT EXISTS (SELECT 1 FROM money_out WHERE kind = 'other' AND at_ms <= :atMs AND ${EXPLAINS}))
      - (SELECT coalesce(sum(amount_cents), 0) FROM money_out WHERE kind <> 'other' AND told_at_ms < :untilMs AND at_ms > :atMs)`,
  )
    .pluck()
    .get({ atMs, untilMs, earliestMs: atMs - CLOCKS_DIFFER_MS }) as number
}
