import { type Db, sql } from '../store/database.ts'
import { hasLink } from './payment-history.ts'

/** A business day that is closed: its report never changes. */
export interface SettlementRow {
  day: string
  /** JSON of a `DayReport`. */
  report: string
  reportSha256: Buffer
  auditHead: Buffer
  closedAtMs: number
  signedBy: string | null
  signedAtMs: number | null
}

const COLUMNS = `day, report, report_sha256 AS reportSha256, audit_head AS auditHead, closed_at_ms AS closedAtMs, signed_by AS signedBy,
  signed_at_ms AS signedAtMs`

export function settlementOf(db: Db, day: string): SettlementRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM settlement_days WHERE day = ?`).get(day) as SettlementRow | undefined
}

export function lastSettlementBefore(db: Db, day: string): SettlementRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM settlement_days WHERE day < ? ORDER BY day DESC LIMIT 1`).get(day) as
    | SettlementRow
    | undefined
}

/** The first day whose head the history does not hold any more. */
export function dayOfLostHead(db: Db): string | undefined {
  const days = sql(db, 'SELECT day, audit_head AS auditHead FROM settlement_days ORDER BY day').iterate()
  for (const { day, auditHead } of days as Iterable<Pick<SettlementRow, 'day' | 'auditHead'>>) {
    if (!hasLink(db, auditHead)) return day
  }
  return undefined
}

/** Newest first. */
export function settlements(db: Db, limit: number, beforeDay?: string): SettlementRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM settlement_days WHERE day < ? ORDER BY day DESC LIMIT ?`).all(
    beforeDay ?? '9999-99-99',
    limit,
  ) as SettlementRow[]
}

export function insertSettlement(db: Db, row: Omit<SettlementRow, 'signedBy' | 'signedAtMs'>): void {
  sql(
    db,
    `INSERT INTO settlement_days (day, report, report_sha256, audit_head, closed_at_ms)
     VALUES (:day, :report, :reportSha256, :auditHead, :closedAtMs)`,
  ).run(row)
}
