import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'

/** A message that goes out at most once: what a crash or a lost answer leaves in doubt is not sent again. */
export interface OneMessage {
  key: string
  /** Null when it is about no grant. */
  grantId: string | null
  phoneNumber: string
}

/** Writes "sending" before the gateway is called; false when it was tried before. */
export function startOnce({ db, nowMs }: CommandContext, { key, grantId, phoneNumber }: OneMessage): boolean {
  const { changes } = sql(
    db,
    `INSERT INTO messages (dedupe_key, grant_id, phone_number, state, updated_at_ms) VALUES (?, ?, ?, 'sending', ?) ON CONFLICT DO NOTHING`,
  ).run(key, grantId, phoneNumber, nowMs)
  return changes > 0
}

export type OnceResult =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'refused' | 'lost'; detail: string }
  /** Nothing left this box: it counts as never tried. */
  | { outcome: 'unsent' }

/** True when the gateway has it, and nobody had said so before. */
export function recordOnce({ db, nowMs }: CommandContext, key: string, result: OnceResult): boolean {
  if (result.outcome === 'unsent') {
    sql(db, "DELETE FROM messages WHERE dedupe_key = ? AND state = 'sending'").run(key)
    return false
  }
  const state = { accepted: 'sent', refused: 'failed', lost: 'uncertain' }[result.outcome]
  const providerId = result.outcome === 'accepted' ? result.providerId : null
  const detail = result.outcome === 'accepted' ? null : result.detail
  const { changes } = sql(
    db,
    `UPDATE messages SET state = ?, provider_id = ?, detail = ?, updated_at_ms = ? WHERE dedupe_key = ? AND state = 'sending'`,
  ).run(state, providerId, detail, nowMs, key)
  return changes > 0 && state === 'sent'
}
