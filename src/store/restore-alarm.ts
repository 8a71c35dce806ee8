import type { StoreAlarm } from './alarm.ts'
import { type Db, sql } from './database.ts'

/** Long enough that somebody reads it. */
const SHOWN_MS = 7 * 24 * 3_600_000

/** What an operator must know after a restore: from when to when facts are missing. */
export function restoreAlarm(db: Db, nowMs: number): StoreAlarm | undefined {
  const restore = sql(
    db,
    `SELECT reason, backup, backup_at_ms AS backupAtMs, restored_at_ms AS restoredAtMs FROM restores
      WHERE restored_at_ms > ? ORDER BY id DESC LIMIT 1`,
  ).get(nowMs - SHOWN_MS) as { reason: string; backup: string; backupAtMs: number; restoredAtMs: number } | undefined
  if (!restore) return undefined
  const why = restore.reason === 'damaged' ? 'The database was damaged' : 'Somebody asked for it'
  const until = iso(restore.restoredAtMs)
  // 0: nothing had happened yet in the backup.
  const gap =
    restore.backupAtMs === 0
      ? `Everything before ${until}`
      : `What happened between ${iso(restore.backupAtMs)} and ${until}`
  return {
    code: 'store-restored',
    message: `${why}: the backup ${restore.backup} was restored. ${gap} is missing.`,
    storing: true,
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
