import type { CommandContext } from '../flow/command.ts'
import { ORDER_TERM_COLUMNS, type OrderTerms } from '../flow/order-terms.ts'
import { type Db, sql } from '../store/database.ts'
import type { GrantRow } from './grant-table.ts'

export interface GrantTerms extends OrderTerms {
  /** Since when the fair-use speed holds. */
  throttledAtMs: number | null
}

const FIELD_NAMES = Object.keys(ORDER_TERM_COLUMNS) as (keyof OrderTerms)[]
const COLUMNS = Object.values(ORDER_TERM_COLUMNS)
const SELECTED = Object.entries(ORDER_TERM_COLUMNS)
  .map(([field, column]) => `${column} AS ${field}`)
  .join(', ')

/** As they were sold. What a router is told may be more: `toldTerms`. */
export function termsOfGrant(db: Db, grantId: string): GrantTerms | undefined {
  return sql(db, `SELECT ${SELECTED}, throttled_at_ms AS throttledAtMs FROM grant_terms WHERE grant_id = ?`).get(
    grantId,
  ) as GrantTerms | undefined
}

/** Replaces all of a grant's terms. Does not tell the routers. What was sold stays as it was sold: only a renewal brings new ones. */
export function writeTerms(db: Db, grantId: string, terms: Partial<OrderTerms>): void {
  const values = Object.fromEntries(FIELD_NAMES.map((field) => [field, terms[field] ?? null]))
  sql(
    db,
    `INSERT INTO grant_terms (grant_id, ${COLUMNS.join(', ')}) VALUES (:grantId, ${FIELD_NAMES.map((field) => `:${field}`).join(', ')})
     ON CONFLICT (grant_id) DO UPDATE SET ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  ).run({ grantId, ...values })
}

/** More is bought: so much more may be used before the fair-use speed holds, or holds again. */
export function addFairUse(context: CommandContext, grant: GrantRow, bytes: number): void {
  sql(context.db, 'UPDATE grant_terms SET fair_use_bytes = fair_use_bytes + ? WHERE grant_id = ?').run(bytes, grant.id)
  throttleIfOverFairUse(context, grant)
}

/** The fair-use speed holds from the commit that reaches the cap on, until the use is counted anew. */
export function throttleIfOverFairUse({ db, journal, nowMs }: CommandContext, grant: GrantRow): void {
  const { changes } = sql(
    db,
    `UPDATE grant_terms SET throttled_at_ms = iif(fair_use_bytes <= :usedBytes, :nowMs, NULL)
     WHERE grant_id = :grantId AND fair_use_bytes IS NOT NULL AND (throttled_at_ms IS NULL) = (fair_use_bytes <= :usedBytes)`,
  ).run({ grantId: grant.id, usedBytes: grant.usedBytes, nowMs })
  if (changes > 0) journal.record('access.terms_changed', { grantId: grant.id, needsNewLogin: false })
}
