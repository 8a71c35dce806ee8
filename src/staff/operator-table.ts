import { type Db, sql } from '../store/database.ts'

export type Role = 'admin' | 'cashier' | 'viewer'

export interface OperatorRow {
  id: number
  username: string
  passwordHash: string
  role: Role
  failedSignIns: number
  suspendedUntilMs: number | null
}

const COLUMNS = `id, username, password_hash AS passwordHash, role, failed_sign_ins AS failedSignIns, suspended_until_ms AS suspendedUntilMs`

export function operatorByUsername(db: Db, username: string): OperatorRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM operators WHERE username = ?`).get(username) as OperatorRow | undefined
}

/** In small letters or capitals: two names that differ only so are taken for each other. */
export const isNameTaken = (db: Db, username: string): boolean =>
  sql(db, 'SELECT 1 FROM operators WHERE username = ? COLLATE NOCASE').get(username) !== undefined

export function operatorById(db: Db, operatorId: number): OperatorRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM operators WHERE id = ?`).get(operatorId) as OperatorRow | undefined
}

/** Whose session a cookie is, while it lasts. */
export function operatorOfSession(db: Db, tokenHash: Uint8Array, nowMs: number): OperatorRow | undefined {
  const operatorId = sql(db, 'SELECT operator_id FROM operator_sessions WHERE token_hash = ? AND expires_at_ms > ?')
    .pluck()
    .get(tokenHash, nowMs) as number | undefined
  return operatorId === undefined ? undefined : operatorById(db, operatorId)
}

export function tokenHolder(db: Db, tokenHash: Buffer): { name: string; role: Role } | undefined {
  return sql(db, 'SELECT name, role FROM api_tokens WHERE token_hash = ?').get(tokenHash) as
    | { name: string; role: Role }
    | undefined
}

export const anyOperator = (db: Db): boolean => sql(db, 'SELECT 1 FROM operators LIMIT 1').get() !== undefined
