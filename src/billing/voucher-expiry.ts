import { command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'

/** At most so many batches in one commit. */
const MOST = 200

/** Notes, once, that a batch can no longer be redeemed. The redeeming itself looks at the time. */
export const expireVouchers = command('vouchers.expire', (context, _input: Record<string, never>) => {
  if (!isTimeTrusted(context)) return { more: false }
  const { db, journal, nowMs } = context
  const over = sql(
    db,
    `SELECT id, (SELECT count(*) FROM vouchers WHERE batch_id = voucher_batches.id AND state = 'unused') AS unused
     FROM voucher_batches WHERE expires_at_ms <= ? AND expires_at_ms IS NOT NULL AND expired_at_ms IS NULL LIMIT ?`,
  ).all(nowMs, MOST) as { id: string; unused: number }[]
  for (const { id: batchId, unused } of over) {
    sql(db, 'UPDATE voucher_batches SET expired_at_ms = ? WHERE id = ?').run(nowMs, batchId)
    journal.record('voucher.expired', { batchId, unused })
  }
  return { more: over.length === MOST }
})
