import { sql } from '../store/database.ts'
import { command } from './command.ts'

/** At start: a restore becomes a fact, once, so that cloud and console know why the epoch is new and what may be missing. */
export const recordRestore = command('store.record-restore', ({ db, journal }, _input: Record<string, never>) => {
  const restores = sql(
    db,
    'SELECT id, reason, backup_seq AS backupSeq, backup_at_ms AS backupAtMs FROM restores WHERE recorded = 0 ORDER BY id',
  ).all() as { id: number; reason: 'damaged' | 'asked'; backupSeq: number; backupAtMs: number }[]
  for (const { id, ...restore } of restores) {
    journal.record('store.restored', restore)
    sql(db, 'UPDATE restores SET recorded = 1 WHERE id = ?').run(id)
  }
})
