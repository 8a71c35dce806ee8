import { type Db, sql } from '../store/database.ts'

export interface AuditRow {
  id: number
  actor: string
  action: string
  subject: string
  atMs: number
}

/** Who did what, for good. Never a secret in `subject`. */
export function insertAudit(db: Db, row: Omit<AuditRow, 'id'>): void {
  sql(db, 'INSERT INTO audit (actor, action, subject, at_ms) VALUES (:actor, :action, :subject, :atMs)').run(row)
}

/** Newest first. */
export function auditEntries(db: Db, limit: number, beforeId?: number): AuditRow[] {
  return sql(
    db,
    'SELECT id, actor, action, subject, at_ms AS atMs FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?',
  ).all(beforeId ?? Number.MAX_SAFE_INTEGER, limit) as AuditRow[]
}
