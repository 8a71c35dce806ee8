import { createHash } from 'node:crypto'
import { AUDIT } from '../flow/audited.ts'
import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { insertAudit } from './audit-table.ts'
import { isNameTaken, operatorById, operatorByUsername, operatorOfSession, type Role } from './operator-table.ts'

/** After so many wrong passwords in a row an account is locked for half an hour. */
export const MOST_FAILURES = 5
export const SUSPENSION_MS = 30 * 60_000
const SESSION_MS = 12 * 3_600_000

/** Sessions and API tokens are stored as their hash only. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export const addOperator = command(
  'staff.add-operator',
  (
    { db, nowMs },
    input: { username: string; passwordHash: string; role: Role },
  ): { outcome: 'added'; operatorId: number } | { outcome: 'name-taken' } => {
    if (isNameTaken(db, input.username)) return { outcome: 'name-taken' }
    const { lastInsertRowid } = sql(
      db,
      'INSERT INTO operators (username, password_hash, role, created_at_ms) VALUES (?, ?, ?, ?)',
    ).run(input.username, input.passwordHash, input.role, nowMs)
    return { outcome: 'added', operatorId: Number(lastInsertRowid) }
  },
)

/** The configured first operator; only while there is none. */
export const addFirstOperator = command(
  'staff.add-first-operator',
  ({ db, nowMs }, input: { username: string; passwordHash: string }) => {
    sql(
      db,
      `INSERT INTO operators (username, password_hash, role, created_at_ms)
       SELECT ?, ?, 'admin', ? WHERE NOT EXISTS (SELECT 1 FROM operators)`,
    ).run(input.username, input.passwordHash, nowMs)
  },
)

/** A new password ends the lock-out and every session of the account. */
export const resetPassword = command(
  'staff.reset-password',
  ({ db }, { username, passwordHash }: { username: string; passwordHash: string }): 'reset' | 'unknown' => {
    const operator = operatorByUsername(db, username)
    if (!operator) return 'unknown'
    sql(db, 'UPDATE operators SET password_hash = ?, failed_sign_ins = 0, suspended_until_ms = NULL WHERE id = ?').run(
      passwordHash,
      operator.id,
    )
    sql(db, 'DELETE FROM operator_sessions WHERE operator_id = ?').run(operator.id)
    return 'reset'
  },
)

export const noteFailedSignIn = command(
  'staff.note-failed-sign-in',
  ({ db, journal, nowMs }, { operatorId }: { operatorId: number }): 'noted' | 'suspended' => {
    // Tries that were under way when the lock came must not lengthen it.
    if ((operatorById(db, operatorId)?.suspendedUntilMs ?? 0) > nowMs) return 'suspended'
    sql(db, 'UPDATE operators SET failed_sign_ins = failed_sign_ins + 1 WHERE id = ?').run(operatorId)
    const operator = operatorById(db, operatorId)
    if (!operator || operator.failedSignIns < MOST_FAILURES) return 'noted'
    const untilMs = nowMs + SUSPENSION_MS
    sql(db, 'UPDATE operators SET suspended_until_ms = ?, failed_sign_ins = 0 WHERE id = ?').run(untilMs, operatorId)
    const { username } = operator
    insertAudit(db, { actor: username, action: 'account.suspended', subject: '', atMs: nowMs })
    journal.record('account.suspended', { operatorId, username, untilMs })
    return 'noted'
  },
)

/** Ends the lock-outs whose time is over. */
export const unsuspendExpired = command('staff.unsuspend-expired', (context, _input: Record<string, never>) => {
  if (!isTimeTrusted(context)) return
  const { db, journal, nowMs } = context
  const over = sql(
    db,
    'SELECT id, username, suspended_until_ms AS untilMs FROM operators WHERE suspended_until_ms <= ? LIMIT 200',
  ).all(nowMs) as { id: number; username: string; untilMs: number }[]
  for (const { id: operatorId, username, untilMs } of over) {
    sql(db, 'UPDATE operators SET suspended_until_ms = NULL, failed_sign_ins = 0 WHERE id = ?').run(operatorId)
    journal.record('account.unsuspended', { operatorId, username, untilMs })
  }
})

export type OpenSessionOutcome =
  | { outcome: 'opened'; expiresAtMs: number }
  | { outcome: 'suspended' | 'password-changed' }

/** `passwordHash`: the one that was matched. Checking takes a while, and in it the account may be locked or the password replaced. */
export const openOperatorSession = command(
  'staff.open-session',
  (
    { db, nowMs },
    { operatorId, passwordHash, tokenHash }: { operatorId: number; passwordHash: string; tokenHash: Uint8Array },
  ): OpenSessionOutcome => {
    const operator = operatorById(db, operatorId)
    if (operator?.passwordHash !== passwordHash) return { outcome: 'password-changed' }
    if ((operator.suspendedUntilMs ?? 0) > nowMs) return { outcome: 'suspended' }
    const expiresAtMs = nowMs + SESSION_MS
    sql(db, 'DELETE FROM operator_sessions WHERE expires_at_ms <= ?').run(nowMs)
    sql(db, 'UPDATE operators SET failed_sign_ins = 0 WHERE id = ?').run(operatorId)
    sql(db, 'INSERT INTO operator_sessions (token_hash, operator_id, expires_at_ms) VALUES (?, ?, ?)').run(
      tokenHash,
      operatorId,
      expiresAtMs,
    )
    insertAudit(db, { actor: operator.username, action: 'session.open', subject: '', atMs: nowMs })
    return { outcome: 'opened', expiresAtMs }
  },
)

export const closeOperatorSession = command(
  'staff.close-session',
  ({ db, nowMs }, { tokenHash }: { tokenHash: Uint8Array }) => {
    const operator = operatorOfSession(db, tokenHash, nowMs)
    sql(db, 'DELETE FROM operator_sessions WHERE token_hash = ?').run(tokenHash)
    if (operator) insertAudit(db, { actor: operator.username, action: 'session.close', subject: '', atMs: nowMs })
  },
)

export const addApiToken = command(
  'staff.add-token',
  ({ db, nowMs }, { name, role, tokenHash }: { name: string; role: Role; tokenHash: Uint8Array }) => {
    sql(db, 'INSERT INTO api_tokens (token_hash, name, role, created_at_ms) VALUES (?, ?, ?, ?)').run(
      tokenHash,
      name,
      role,
      nowMs,
    )
  },
)

/** Alone only for what no command does: what one does is written down with it, see `Store.run`. */
export const recordAudit = command(
  AUDIT,
  ({ db, nowMs }, { actor, action, subject }: { actor: string; action: string; subject: string }) =>
    insertAudit(db, { actor, action, subject, atMs: nowMs }),
)

export const staffCommands = [
  addOperator,
  addFirstOperator,
  resetPassword,
  noteFailedSignIn,
  unsuspendExpired,
  openOperatorSession,
  closeOperatorSession,
  addApiToken,
  recordAudit,
]
