import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { NOT_WEIGHED } from './inbox.ts'

const DAY_MS = 24 * 3_600_000
/** Longer than M-PESA itself argues about a payment. */
const KEPT_MS = 90 * DAY_MS

/**
 * Forgets what old messages about money said of their payers, once they have been weighed. The hash stays: it proves what came.
 * Returns how many were blanked; none by a clock that may be wrong, for what is forgotten does not come back.
 */
export const blankOldMessages = command(
  'payments.blank-old-messages',
  (context, { inbox, limit }: { inbox: 'callback_inbox' | 'money_inbox'; limit: number }): number => {
    if (!isTimeTrusted(context)) return 0
    const old = `SELECT id FROM ${inbox} WHERE body <> '' AND outcome <> ? AND received_at_ms < ? ORDER BY received_at_ms LIMIT ?`
    const blank = `UPDATE ${inbox} SET body = '' WHERE id IN (${old})`
    return sql(context.db, blank).run(NOT_WEIGHED, context.nowMs - KEPT_MS, limit).changes
  },
)
