import { type Db, sql } from '../store/database.ts'
import type { GrantSource } from './grant-table.ts'

/** What one cause (a payment, a voucher, an operator's click) put into a grant. */
export interface GrantPart {
  source: GrantSource
  sourceId: string
  grantId: string
  seconds: number
  bytes: number | null
  withdrawnAtMs: number | null
}

const COLUMNS = `source, source_id AS sourceId, grant_id AS grantId, seconds, bytes, withdrawn_at_ms AS withdrawnAtMs`

/** Throws when this cause has given something already: the file lets each give once. */
export function insertPart(db: Db, part: Omit<GrantPart, 'withdrawnAtMs'>, nowMs: number): void {
  sql(
    db,
    `INSERT INTO grant_parts (source, source_id, grant_id, seconds, bytes, given_at_ms)
     VALUES (:source, :sourceId, :grantId, :seconds, :bytes, :nowMs)`,
  ).run({ ...part, nowMs })
}

export function partOf(db: Db, source: GrantSource, sourceId: string): GrantPart | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM grant_parts WHERE source = ? AND source_id = ?`).get(source, sourceId) as
    | GrantPart
    | undefined
}

/** How many causes still stand behind a grant. */
export function standingParts(db: Db, grantId: string): number {
  return sql(db, 'SELECT count(*) FROM grant_parts WHERE grant_id = ? AND withdrawn_at_ms IS NULL')
    .pluck()
    .get(grantId) as number
}

/** When this grant was last given something. */
export function lastGivenMs(db: Db, grantId: string): number {
  return sql(db, 'SELECT max(given_at_ms) FROM grant_parts WHERE grant_id = ?').pluck().get(grantId) as number
}

export function setWithdrawn(db: Db, { source, sourceId }: GrantPart, atMs: number): void {
  sql(db, 'UPDATE grant_parts SET withdrawn_at_ms = ? WHERE source = ? AND source_id = ?').run(atMs, source, sourceId)
}

/** What was withdrawn stands again. */
export function setReturned(db: Db, withdrawnAtMs: number, { source, sourceId }: GrantPart, atMs: number): void {
  sql(db, 'UPDATE grant_parts SET withdrawn_at_ms = NULL WHERE source = ? AND source_id = ?').run(source, sourceId)
  sql(db, 'INSERT INTO grant_returns (source, source_id, withdrawn_at_ms, returned_at_ms) VALUES (?, ?, ?, ?)').run(
    ...[source, sourceId, withdrawnAtMs, atMs],
  )
}
