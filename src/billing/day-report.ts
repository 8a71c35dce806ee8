import { type Db, sql } from '../store/database.ts'
import { boundsOf } from './business-day.ts'
import { EXPLAINS, type FloatCheck, floatCheck } from './float.ts'
import { type Balances, movedBetween } from './ledger.ts'
import { NUMBERLESS } from './receipt-table.ts'
import { lastSettlementBefore } from './settlement-table.ts'

interface Line {
  name: string
  count: number
  cents: number
}

/** What needs a person. `atMs`: since when. */
export interface DayException {
  kind:
    | 'paid-not-delivered'
    | 'granted-not-paid'
    | 'used-without-grant'
    | 'in-review'
    | 'unallocated'
    | 'receipt-without-number'
    | 'refund-open'
    /** The cloud tells of a refund that there is not, or another end of one than was told before. */
    | 'refund-told-otherwise'
    /** A signed voucher that another site had taken first gave access here, too. */
    | 'voucher-used-twice'
    | 'not-in-the-books-of-mpesa'
    | 'amount-differs'
    | 'message-not-weighed'
    | 'withdrawn-unexplained'
    | 'float-differs'
    | 'not-told-by-mpesa'
  subject: string
  cents: number | null
  atMs: number
}

/** One business day: what M-PESA brought, what was given for it, what was used, and what does not agree. */
export interface DayReport {
  day: string
  opening: Balances
  receiptsByChannel: Line[]
  salesByPackage: Line[]
  refunds: { count: number; cents: number }
  moved: Balances
  closing: Balances
  /** Null until a statement has told what the M-PESA account holds. */
  float: FloatCheck | null
  openPayments: number
  exceptions: DayException[]
  /** More were found than are listed. */
  exceptionsCut: boolean
}

/** A report that nobody could read helps nobody. */
const MOST_EXCEPTIONS = 500

export function dayReport(db: Db, day: string): DayReport {
  const { fromMs, untilMs } = boundsOf(day)
  const last = lastSettlementBefore(db, day)
  const before = last && (JSON.parse(last.report) as DayReport)
  const opening = before
    ? sum(before.closing, movedBetween(db, before.day, dayBefore(day)))
    : movedBetween(db, '', dayBefore(day))
  const moved = movedBetween(db, dayBefore(day), day)
  const sinceMs = before ? boundsOf(before.day).untilMs : fromMs
  const closing = sum(opening, moved)
  const float = floatCheck(db, {
    ...{ untilMs, floatCents: closing.mpesa_float ?? 0, openingCents: before?.float?.openingCents },
  })
  const exceptions = [
    ...floatException(float),
    ...exceptionsOf(db, { sinceMs, untilMs, named: namedIn(before, 'granted-not-paid') }),
  ]
  const lines = (query: string) => sql(db, query).all({ fromMs, untilMs }) as Line[]
  const counted = 'arrived_at_ms >= :fromMs AND arrived_at_ms < :untilMs AND duplicate_of IS NULL'
  return {
    day,
    opening,
    receiptsByChannel: lines(
      `SELECT channel AS name, count(*) AS count, sum(amount_cents) AS cents FROM receipts WHERE ${counted} GROUP BY 1 ORDER BY 1`,
    ),
    // Of the day on which the books had it as a sale first, whenever its money came: it is booked again when its refund is dropped.
    salesByPackage: sql(
      db,
      `SELECT packages.name, count(*) AS count, sum(-ledger_entries.amount_cents) AS cents
       FROM ledger_transactions AS sale JOIN ledger_entries ON transaction_id = sale.id AND account = 'wifi_sales'
       JOIN payments ON payments.id = substr(dedupe_key, 6, 36) JOIN packages ON packages.id = package_id
       WHERE business_day = ? AND dedupe_key GLOB 'sale:*'
       AND NOT EXISTS (SELECT 1 FROM ledger_transactions AS earlier WHERE earlier.id < sale.id
         AND earlier.dedupe_key >= 'sale:' || payments.id || ':' AND earlier.dedupe_key < 'sale:' || payments.id || ';')
       GROUP BY 1 ORDER BY 1`,
    ).all(day) as Line[],
    refunds: sql(
      db,
      `SELECT count(*) AS count, coalesce(sum(amount_cents), 0) AS cents FROM refunds
       WHERE state = 'done' AND ended_at_ms >= :fromMs AND ended_at_ms < :untilMs`,
    ).get({ fromMs, untilMs }) as DayReport['refunds'],
    moved,
    closing,
    float,
    openPayments: sql(
      db,
      `SELECT count(*) FROM payments WHERE created_at_ms >= :fromMs AND created_at_ms < :untilMs
       AND state IN ('CREATED', 'SUBMITTING', 'PROMPTED', 'UNCERTAIN')`,
    )
      .pluck()
      .get({ fromMs, untilMs }) as number,
    exceptions: exceptions.slice(0, MOST_EXCEPTIONS),
    exceptionsCut: exceptions.length > MOST_EXCEPTIONS,
  }
}

/** Money came or went that the books do not know, or they know of some that did not. */
function floatException(float: FloatCheck | null): DayException[] {
  if (!float) return []
  const { atMs, statementCents, booksCents, openingCents } = float
  const cents = statementCents - booksCents - openingCents
  return cents === 0 ? [] : [{ kind: 'float-differs', subject: 'M-PESA', cents, atMs }]
}

/** What the exceptions are looked for in: all that came since the last close, and what of one kind that had `named`. */
interface Window {
  sinceMs: number
  untilMs: number
  /** Subjects, as a JSON list. */
  named: string
}

const namedIn = (report: DayReport | undefined, kind: DayException['kind']): string =>
  JSON.stringify(report?.exceptions.flatMap((one) => (one.kind === kind ? [one.subject] : [])) ?? [])

const NOT_PAID = 'NOT EXISTS (SELECT 1 FROM receipts WHERE payment_id ='

/**
 * Money, grants and usage held against each other. What is still wrong from earlier days stands here again; what was used
 * without a grant stands on each day of its use, since nothing can put it right.
 */
function exceptionsOf(db: Db, window: Window): DayException[] {
  const find = (kind: DayException['kind'], query: string): DayException[] =>
    (
      sql(db, `${query} LIMIT ${MOST_EXCEPTIONS + 1}`).all(window) as {
        subject: string
        cents: number | null
        atMs: number
      }[]
    ).map((row) => ({ kind, ...row }))
  return [
    ...find(
      'paid-not-delivered',
      `SELECT id AS subject, amount_cents AS cents, updated_at_ms AS atMs FROM payments WHERE state = 'PAID' AND updated_at_ms < :untilMs
         AND NOT EXISTS (SELECT 1 FROM grant_parts WHERE source = 'payment' AND source_id = payments.id)`,
    ),
    ...find(
      'granted-not-paid',
      `SELECT grant_id AS subject, NULL AS cents, given_at_ms AS atMs FROM grant_parts
         WHERE (given_at_ms >= :sinceMs AND given_at_ms < :untilMs OR grant_id IN (SELECT value FROM json_each(:named)))
         AND +source = 'payment' AND withdrawn_at_ms IS NULL AND given_at_ms < :untilMs
         AND ${NOT_PAID} source_id) AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.id = source_id)
       UNION ALL SELECT subscription_id, NULL, at_ms FROM subscription_history AS renewal
         WHERE (at_ms >= :sinceMs AND at_ms < :untilMs AND payment_id IS NOT NULL OR subscription_id IN (SELECT value FROM json_each(:named)))
         AND payment_id IS NOT NULL AND at_ms < :untilMs AND ${NOT_PAID} renewal.payment_id)`,
    ),
    ...find(
      'used-without-grant',
      `SELECT username AS subject, NULL AS cents, started_at_ms AS atMs FROM sessions WHERE grant_id IS NULL
         AND updated_at_ms >= :sinceMs AND started_at_ms < :untilMs AND input_bytes + output_bytes > 0`,
    ),
    ...find(
      'in-review',
      `SELECT id AS subject, amount_cents AS cents, updated_at_ms AS atMs FROM payments WHERE state = 'REVIEW' AND updated_at_ms < :untilMs`,
    ),
    ...find(
      'unallocated',
      `SELECT receipt AS subject, amount_cents AS cents, arrived_at_ms AS atMs FROM receipts
       WHERE payment_id IS NULL AND duplicate_of IS NULL AND +arrived_at_ms < :untilMs
         AND id NOT IN (SELECT receipt_id FROM refunds WHERE state = 'done')`,
    ),
    ...find(
      'not-told-by-mpesa',
      `SELECT receipt AS subject, amount_cents AS cents, arrived_at_ms AS atMs FROM receipts
       WHERE channel = 'manual' AND confirmed_at_ms IS NULL AND arrived_at_ms < :untilMs`,
    ),
    ...find(
      'receipt-without-number',
      `SELECT payment_id AS subject, amount_cents AS cents, arrived_at_ms AS atMs FROM receipts
         WHERE ${NUMBERLESS} AND arrived_at_ms >= :sinceMs AND arrived_at_ms < :untilMs
       UNION ALL SELECT count(*) || ' from earlier days', sum(amount_cents), min(arrived_at_ms) FROM receipts
         WHERE ${NUMBERLESS} AND arrived_at_ms < :sinceMs HAVING count(*) > 0`,
    ),
    ...find(
      'refund-open',
      `SELECT id AS subject, amount_cents AS cents, requested_at_ms AS atMs FROM refunds
       WHERE state IN ('requested', 'sent', 'uncertain') AND requested_at_ms < :untilMs`,
    ),
    ...find(
      'refund-told-otherwise',
      `SELECT subject, NULL AS cents, received_at_ms AS atMs FROM cloud_inbox
       WHERE outcome IN ('unknown', 'contradicts') AND received_at_ms >= :sinceMs AND received_at_ms < :untilMs`,
    ),
    ...find(
      'voucher-used-twice',
      `SELECT subject, NULL AS cents, min(received_at_ms) AS atMs FROM cloud_inbox
       WHERE outcome = 'used-twice' AND received_at_ms >= :sinceMs AND received_at_ms < :untilMs GROUP BY subject`,
    ),
    ...(['not-in-the-books-of-mpesa', 'amount-differs'] as const).flatMap((kind) =>
      find(
        kind,
        `SELECT receipt AS subject, coalesce(listed_cents, amount_cents) AS cents, found_at_ms AS atMs
         FROM reconciliation_differences LEFT JOIN receipts USING (receipt)
         WHERE resolved_at_ms IS NULL AND kind = '${kind}' AND found_at_ms < :untilMs`,
      ),
    ),
    ...find(
      'withdrawn-unexplained',
      `SELECT receipt AS subject, amount_cents AS cents, at_ms AS atMs FROM money_out WHERE kind = 'other' AND at_ms < :untilMs
         AND NOT EXISTS (SELECT 1 FROM refunds JOIN receipts ON receipts.id = receipt_id
           WHERE state = 'done' AND ${EXPLAINS})`,
    ),
    ...find(
      'message-not-weighed',
      `SELECT 'callback ' || id AS subject, NULL AS cents, received_at_ms AS atMs FROM callback_inbox WHERE outcome = 'not-weighed' AND received_at_ms < :untilMs
       UNION ALL SELECT 'callback ' || id, NULL, received_at_ms FROM callback_inbox WHERE outcome = 'waiting' AND received_at_ms < :untilMs
       UNION ALL SELECT channel || ' ' || id, NULL, received_at_ms FROM money_inbox WHERE outcome = 'not-weighed' AND received_at_ms < :untilMs
       UNION ALL SELECT topic || ' ' || subject, NULL, received_at_ms FROM cloud_inbox WHERE outcome IN ('not-weighed', 'malformed') AND received_at_ms >= :sinceMs AND received_at_ms < :untilMs`,
    ),
  ]
}

function sum(one: Balances, other: Balances): Balances {
  const total: Balances = { ...one }
  for (const [account, cents] of Object.entries(other) as [keyof Balances, number][]) {
    total[account] = (total[account] ?? 0) + cents
  }
  return total
}

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
