import { createHash } from 'node:crypto'
import { MlangoError } from '../errors.ts'
import { command } from '../flow/command.ts'
import type { Store } from '../store/client.ts'
import { type Db, sql } from '../store/database.ts'
import { bookStatement, type MoneyOut, type StatementBalance } from './float.ts'
import { receiptByNumber } from './receipt-table.ts'
import { type MoneyOutcome, type MoneyReport, receiveMoney } from './receive-money.ts'

interface MoneyRow {
  report: MoneyReport
  line: string
}

export interface MoneyList {
  channel: 'pull' | 'statement'
  rows: MoneyRow[]
  /** The time that the list speaks about; of its own rows when left out. What was paid at its end may not be listed yet. */
  window?: { fromMs: number; untilMs: number }
  /** A statement also tells what went out, and what the account held. */
  out?: readonly MoneyOut[]
  balance?: StatementBalance | undefined
  /** Who brought it. */
  source: string
}

type Outcomes = Partial<Record<MoneyOutcome, number>>

/** A receipt that M-PESA's list and ours do not say the same of. */
interface Difference {
  receipt: string
  kind: 'not-in-the-books-of-mpesa' | 'amount-differs'
  listedCents: number | null
}

interface Compared {
  /** Known on both sides. */
  matched: number
  /** M-PESA has it, we had not heard of it until now. */
  missingHere: number
  /** We have it, M-PESA's list of that time does not. */
  missingThere: number
  amountDiffers: number
}

export interface Reconciliation extends Compared {
  /** Receipts by what came of them. */
  outcomes: Outcomes
  /** Rows that a bug of ours keeps us from settling; the others are settled. */
  failed: number
}

/** M-PESA lists money some minutes after it was paid. */
const LISTED_WITHIN_MS = 15 * 60_000

/** What was paid as a list begins or ends may stand in the list before or after: a long statement comes in pieces. */
const EDGE_MS = 60_000

/** So few in one commit that nobody waits for a long list. */
const AT_ONCE = 100

/** M-PESA's own list against ours: what we had missed is settled as if it had been told at once; nothing is ever corrected. */
export async function reconcileMoney(
  { store, db }: { store: Store; db: Db },
  list: MoneyList,
): Promise<Reconciliation> {
  const outcomes: Outcomes = {}
  const differences: Difference[] = []
  let failed = 0
  for (let from = 0; from < list.rows.length; from += AT_ONCE) {
    await settle(list.rows.slice(from, from + AT_ONCE))
  }
  const { out = [], balance } = list
  for (let from = 0; from < out.length; from += AT_ONCE) {
    await store.run(bookStatement, { out: out.slice(from, from + AT_ONCE), balance: undefined })
  }
  if (balance) await store.run(bookStatement, { out: [], balance })
  const window = list.window ? { ...list.window, untilMs: list.window.untilMs - LISTED_WITHIN_MS } : windowOf(list.rows)
  const missing = window === undefined ? [] : missingThere(db, list, window)
  for (const receipt of missing) differences.push({ receipt, kind: 'not-in-the-books-of-mpesa', listedCents: null })
  const compared = {
    matched: outcomes.known ?? 0,
    missingHere: (outcomes.paid ?? 0) + (outcomes.unallocated ?? 0) + (outcomes.review ?? 0),
    missingThere: missing.length,
    amountDiffers: outcomes['amount-differs'] ?? 0,
  }
  if (window) {
    const agreed = agreedNow(db, list)
    await store.run(recordReconciliation, { channel: list.channel, ...window, ...compared, differences, agreed })
  }
  return { outcomes, failed, ...compared }

  /** One bad row must not keep the others from being settled. */
  async function settle(rows: MoneyRow[]): Promise<void> {
    try {
      const came = await store.run(settleListed, { channel: list.channel, source: list.source, rows })
      came.forEach((outcome, at) => {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        const report = rows[at]?.report
        if (outcome !== 'amount-differs' || !report) return
        differences.push({ receipt: report.receipt, kind: outcome, listedCents: report.amountCents })
      })
    } catch (error) {
      if (!(error instanceof MlangoError) || error.code !== 'internal') throw error
      if (rows.length === 1) failed += 1
      else for (const row of rows) await settle([row])
    }
  }
}

const settleListed = command(
  'payments.settle-listed',
  (context, { channel, source, rows }: Pick<MoneyList, 'channel' | 'source' | 'rows'>): MoneyOutcome[] =>
    rows.map(({ report, line }) =>
      isSettled(context.db, channel, { report, line })
        ? 'known'
        : receiveMoney.run(context, { channel, report, body: line, source }),
    ),
)

/** The very same line was heard, and its money is somebody's: most of every list. */
function isSettled(db: Db, channel: MoneyList['channel'], { report, line }: MoneyRow): boolean {
  const known = receiptByNumber(db, report.receipt)
  if (known?.amountCents !== report.amountCents || (known.paymentId ?? known.duplicateOf) === null) return false
  const sha256 = createHash('sha256').update(line).digest()
  return sql(db, 'SELECT 1 FROM money_inbox WHERE channel = ? AND body_sha256 = ?').get(channel, sha256) !== undefined
}

const recordReconciliation = command(
  'payments.record-reconciliation',
  (
    { db, nowMs },
    {
      differences,
      agreed,
      ...run
    }: Compared & {
      channel: MoneyList['channel']
      fromMs: number
      untilMs: number
      differences: Difference[]
      /** Receipts that once differed. */
      agreed: string[]
    },
  ): void => {
    const { channel } = run
    for (const receipt of agreed) {
      sql(db, 'UPDATE reconciliation_differences SET resolved_at_ms = ? WHERE receipt = ?').run(nowMs, receipt)
    }
    for (const difference of differences) {
      sql(
        db,
        `INSERT INTO reconciliation_differences (receipt, kind, channel, listed_cents, found_at_ms)
         VALUES (:receipt, :kind, :channel, :listedCents, :nowMs)
         ON CONFLICT (receipt, kind) DO UPDATE SET resolved_at_ms = NULL, channel = excluded.channel, listed_cents = excluded.listed_cents`,
      ).run({ ...difference, channel, nowMs })
    }
    sql(
      db,
      `INSERT INTO reconciliation_runs (channel, from_ms, until_ms, matched, missing_here, missing_there, amount_differs, ran_at_ms)
       VALUES (:channel, :fromMs, :untilMs, :matched, :missingHere, :missingThere, :amountDiffers, :nowMs)`,
    ).run({ ...run, nowMs })
  },
)

/** Of the receipts that once differed those of which this list says the same as we. */
function agreedNow(db: Db, { rows }: MoneyList): string[] {
  const open = sql(
    db,
    `SELECT DISTINCT receipt, amount_cents AS cents FROM reconciliation_differences JOIN receipts USING (receipt)
     WHERE resolved_at_ms IS NULL`,
  ).all() as { receipt: string; cents: number }[]
  if (open.length === 0) return []
  const listed = new Map(rows.map(({ report }) => [report.receipt, report.amountCents]))
  return open.flatMap(({ receipt, cents }) => (listed.get(receipt) === cents ? [receipt] : []))
}

function missingThere(
  db: Db,
  { rows, window }: MoneyList,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): string[] {
  const edgeMs = window ? 0 : EDGE_MS
  const listed = new Set(rows.map(({ report }) => report.receipt))
  const ours = sql(
    db,
    "SELECT receipt FROM receipts WHERE paid_at_ms BETWEEN ? AND ? AND receipt IS NOT NULL AND channel <> 'manual'",
  )
    .pluck()
    .all(fromMs + edgeMs, untilMs - edgeMs) as string[]
  return ours.filter((receipt) => !listed.has(receipt))
}

function windowOf(rows: MoneyList['rows']): { fromMs: number; untilMs: number } | undefined {
  const times = rows.flatMap(({ report }) => report.paidAtMs ?? [])
  return times.length === 0 ? undefined : { fromMs: Math.min(...times), untilMs: Math.max(...times) }
}

export const reconcileCommands = [settleListed, recordReconciliation, bookStatement]
