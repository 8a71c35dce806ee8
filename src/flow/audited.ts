import type { AuditNote } from '../store/protocol.ts'

/** The name of the command that writes into the audit. */
export const AUDIT = 'staff.audit'

/** What the audit says once a command has come to `value`; undefined when it refused. */
export function auditRow({ unless, made, ...note }: AuditNote, value: unknown) {
  if (unless?.includes(outcomeOf(value))) return undefined
  return made === undefined ? note : { ...note, subject: `${note.subject} ${valueAt(value, made)}` }
}

const outcomeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'outcome' in value ? value.outcome : value

const valueAt = (value: unknown, path: string): unknown =>
  path.split('.').reduce((in_, name) => (name === '' ? in_ : (in_ as Record<string, unknown>)[name]), value)
