import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type MoneyOutcome, type MoneyReport, receiveMoney } from './receive-money.ts'

export interface MoneyList {
  channel: 'pull' | 'statement'
  rows: { report: MoneyReport; line: string }[]
  /** The time that the list speaks about; of its own rows when left out. */
  window?: { fromMs: number; untilMs: number }
  /** Who brought it. */
  source: string
}

export interface Reconciliation {
  /** Receipts by what came of them. */
  outcomes: Partial<Record<MoneyOutcome, number>>
  /** Known on both sides. */
  matched: number
  /** M-PESA has it, we had not heard of it until now. */
  missingHere: number
  /** We have it, M-PESA's list of that time does not. */
  missingThere: number
  amountDiffers: number
}

/** M-PESA's own list against ours: what we had missed is settled as if it had been told at once; nothing is ever corrected. */
export const reconcileMoney = command('payments.reconcile-money', (context, list: MoneyList): Reconciliation => {
  const { db, nowMs } = context
  const outcomes: Reconciliation['outcomes'] = {}
  for (const { report, line } of list.rows) {
    const message = { channel: list.channel, report, body: line, source: list.source }
    const outcome = receiveMoney.run(context, message)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  const window = list.window ?? windowOf(list.rows)
  const result = {
    outcomes,
    matched: outcomes.known ?? 0,
    missingHere: (outcomes.paid ?? 0) + (outcomes.unallocated ?? 0) + (outcomes.review ?? 0),
    missingThere: window === undefined ? 0 : missingThere(list, window),
    amountDiffers: outcomes['amount-differs'] ?? 0,
  }
  if (window) {
    sql(
      db,
      `INSERT INTO reconciliation_runs (channel, from_ms, until_ms, matched, missing_here, missing_there, amount_differs, ran_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      ...[list.channel, window.fromMs, window.untilMs],
      ...[result.matched, result.missingHere, result.missingThere, result.amountDiffers, nowMs],
    )
  }
  return result

  function missingThere({ rows }: MoneyList, { fromMs, untilMs }: { fromMs: number; untilMs: number }): number {
    const listed = new Set(rows.map(({ report }) => report.receipt))
    const ours = sql(
      db,
      'SELECT receipt FROM receipts WHERE paid_at_ms BETWEEN ? AND ? AND receipt IS NOT NULL AND channel <> ?',
    )
      .pluck()
      .all(fromMs, untilMs, 'manual') as string[]
    return ours.filter((receipt) => !listed.has(receipt)).length
  }
})

function windowOf(rows: MoneyList['rows']): { fromMs: number; untilMs: number } | undefined {
  const times = rows.flatMap(({ report }) => report.paidAtMs ?? [])
  return times.length === 0 ? undefined : { fromMs: Math.min(...times), untilMs: Math.max(...times) }
}
