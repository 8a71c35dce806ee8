import { createHash } from 'node:crypto'
import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { businessDayOf, dayAfter } from './business-day.ts'
import { type DayReport, dayReport } from './day-report.ts'
import { chainHead, firstBrokenLink, hasLink } from './payment-history.ts'
import { insertSettlement, lastSettlementBefore, type SettlementRow, settlementOf } from './settlement-table.ts'

/** After an outage the days before are closed one after the other, so many in one commit. */
const MOST_DAYS = 7

/** Closes every business day that is over, oldest first; today stays open. `more` says to ask again. */
export const closeDays = command('settlements.close', (context, _input: Record<string, never>) => {
  const { db, journal, nowMs } = context
  // A day that is closed by a wrong clock stays closed.
  if (!isTimeTrusted(context)) return { closed: 0, more: false }
  const today = businessDayOf(nowMs)
  const before = lastSettlementBefore(db, '9999-99-99')
  const first = before ? dayAfter(before.day) : firstDay()
  let closed = 0
  let day = first
  for (; day !== undefined && day < today && closed < MOST_DAYS; day = dayAfter(day)) {
    const report = withHistory(db, dayReport(db, day), nowMs)
    const text = JSON.stringify(report)
    const reportSha256 = createHash('sha256').update(text).digest()
    const auditHead = chainHead(db)
    insertSettlement(db, { day, report: text, reportSha256, auditHead, closedAtMs: nowMs })
    journal.record('settlement.closed', {
      day,
      receiptsCount: report.receiptsByChannel.reduce((total, { count }) => total + count, 0),
      receiptsCents: report.receiptsByChannel.reduce((total, { cents }) => total + cents, 0),
      refundsCents: report.refunds.cents,
      exceptions: report.exceptions.length,
      reportHash: reportSha256.toString('hex'),
      auditHead: auditHead.toString('hex'),
    })
    closed += 1
  }
  return { closed, more: day !== undefined && day < today }

  /** The first day on which money moved; without any there is nothing to close. */
  function firstDay(): string | undefined {
    return (sql(db, 'SELECT min(business_day) FROM ledger_transactions').pluck().get() as string | null) ?? undefined
  }
})

/** Somebody has changed what is written of the money. It stands in every day from then on. */
interface HistoryException {
  kind: 'history-broken'
  subject: string
  cents: null
  atMs: number
}

type ClosedReport = Omit<DayReport, 'exceptions'> & {
  exceptions: (DayReport['exceptions'][number] | HistoryException)[]
}

/** Looks at what was written since the day before was closed; what was before then had been looked at. */
function withHistory(db: Db, report: DayReport, nowMs: number): ClosedReport {
  const before = lastSettlementBefore(db, report.day)
  const known = before && (JSON.parse(before.report) as ClosedReport).exceptions.find(isHistoryException)
  const subject = known ? undefined : faultSince(db, before)
  const fault = subject === undefined ? known : ({ kind: 'history-broken', subject, cents: null, atMs: nowMs } as const)
  return fault ? { ...report, exceptions: [fault, ...report.exceptions] } : report
}

function faultSince(db: Db, before: SettlementRow | undefined): string | undefined {
  if (before && !hasLink(db, before.auditHead)) return `the head of ${before.day} is gone`
  const rowId = firstBrokenLink(db, before?.auditHead)
  return rowId === undefined ? undefined : `row ${rowId} is not what was written`
}

const isHistoryException = ({ kind }: ClosedReport['exceptions'][number]) => kind === 'history-broken'

export type SignOutcome = 'signed' | 'already-signed' | 'not-closed'

/** A person stands for the day. */
export const signSettlement = command(
  'settlements.sign',
  ({ db, nowMs }, { day, by }: { day: string; by: string }): SignOutcome => {
    const settlement = settlementOf(db, day)
    if (!settlement) return 'not-closed'
    if (settlement.signedBy !== null) return 'already-signed'
    sql(db, 'UPDATE settlement_days SET signed_by = ?, signed_at_ms = ? WHERE day = ?').run(by, nowMs, day)
    return 'signed'
  },
)

export const settlementCommands = [closeDays, signSettlement]
