import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { businessDayOf, dayAfter } from './business-day.ts'

/** Where money is or what it is owed for: float and bank are ours, prepaid, unallocated and refund due are not yet. */
export type Account = 'mpesa_float' | 'bank' | 'prepaid' | 'unallocated' | 'refund_due' | 'wifi_sales' | 'mpesa_fees'

/** Moves money from one account to another, once per `key`. The file refuses what does not sum to zero. */
export function post(
  { db, nowMs }: CommandContext,
  move: { key: string; from: Account; to: Account; amountCents: number },
): void {
  const { lastInsertRowid } = sql(
    db,
    'INSERT INTO ledger_transactions (dedupe_key, business_day, at_ms) VALUES (?, ?, ?)',
  ).run(move.key, openDay(db, nowMs), nowMs)
  const enter = sql(db, 'INSERT INTO ledger_entries (transaction_id, account, amount_cents) VALUES (?, ?, ?)')
  enter.run(lastInsertRowid, move.to, move.amountCents)
  enter.run(lastInsertRowid, move.from, -move.amountCents)
  sql(db, 'UPDATE ledger_transactions SET posted = 1 WHERE id = ?').run(lastInsertRowid)
}

/** Today; a clock that was set back does not reach into a day that is closed. */
function openDay(db: Db, nowMs: number): string {
  const today = businessDayOf(nowMs)
  const closed = sql(db, 'SELECT max(day) FROM settlement_days').pluck().get() as string | null
  return closed !== null && closed >= today ? dayAfter(closed) : today
}

export type Balances = Partial<Record<Account, number>>

/** What was moved on the days after `after` up to and with `day`, by account. */
export function movedBetween(db: Db, after: string, day: string): Balances {
  const rows = sql(
    db,
    `SELECT account, sum(amount_cents) AS cents FROM ledger_transactions JOIN ledger_entries ON transaction_id = id
     WHERE business_day > ? AND business_day <= ? GROUP BY account`,
  ).all(after, day) as { account: Account; cents: number }[]
  return Object.fromEntries(rows.map(({ account, cents }) => [account, cents]))
}
