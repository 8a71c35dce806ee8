import { randomUUIDv7 } from 'node:crypto'
import { type Db, sql } from '../store/database.ts'
import type { EventData, EventType, JournalEntry, LiveEvent } from './events.ts'

export interface Journal {
  /** Writes the fact and what follows from it, in the transaction of its cause. */
  record<Type extends EventType>(type: Type, data: EventData<Type>): void
  /** Tells live views after the commit; nothing is written. A command that is undone may have told in vain. */
  announce(event: LiveEvent): void
}

interface JournalOptions {
  nowMs(): number
  /** Makes the jobs and commands that follow from a fact; it runs in the same savepoint. */
  react(type: EventType, data: never): void
  announce(event: LiveEvent): void
  /** Too much waits for the cloud to write such a fact down. */
  leavesOut?: (type: EventType) => boolean
}

export function openJournal(db: Db, { nowMs, react, announce, leavesOut = () => false }: JournalOptions): Journal {
  return {
    announce,
    record(type, data) {
      if (!leavesOut(type)) {
        sql(
          db,
          'INSERT INTO journal (seq, id, type, at_ms, data) VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM journal), ?, ?, ?, ?)',
        ).run(randomUUIDv7(), type, nowMs(), JSON.stringify(data))
      }
      react(type, data as never)
    },
  }
}

/**
 * Entries after `afterSeq`, oldest first; all of them when no limit is given. `seq` has no gaps.
 */
export function readJournal(db: Db, afterSeq: number, limit = -1): JournalEntry[] {
  const rows = sql(
    db,
    'SELECT id, seq, type, at_ms AS timeMs, data FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
  ).all(afterSeq, limit) as { id: string; seq: number; type: EventType; timeMs: number; data: string }[]
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }) as JournalEntry)
}

export function lastSeq(db: Db): number {
  return sql(db, 'SELECT coalesce(max(seq), 0) FROM journal').pluck().get() as number
}
