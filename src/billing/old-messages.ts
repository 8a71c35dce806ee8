import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'

const DAY_MS = 24 * 3_600_000
/** Longer than M-PESA itself argues about a payment. */
const KEPT_MS = 90 * DAY_MS

/** Forgets what old messages about money said of their payers. The hash stays: it proves what came. Returns how many were blanked. */
export const blankOldMessages = command(
  'payments.blank-old-messages',
  ({ db, nowMs }, { inbox, limit }: { inbox: 'callback_inbox' | 'money_inbox'; limit: number }): number =>
    sql(
      db,
      `UPDATE ${inbox} SET body = '' WHERE id IN (
         SELECT id FROM ${inbox} WHERE body <> '' AND received_at_ms < ? ORDER BY received_at_ms LIMIT ?)`,
    ).run(nowMs - KEPT_MS, limit).changes,
)
