import { type Db, sql } from '../store/database.ts'
import { command } from './command.ts'
import { bootStartedMs } from './time-trust.ts'

/** Who tells the time beside the machine itself. */
export type TimeTeller = 'router' | 'cloud' | 'http'

/** By how much the teller's clock is ahead of the machine's, and how far that may be wrong. */
export interface TimeHeard {
  teller: TimeTeller
  offsetMs: number
  errorMs: number
}

/** What was heard longer ago says little: a clock that nobody sets drifts. */
const FRESH_MS = 3_600_000

/** Keeps the last word of each teller. */
export const noteTime = command('clock.note-time', ({ db, nowMs }, heard: TimeHeard) => {
  sql(
    db,
    `INSERT INTO clock_evidence (teller, offset_ms, error_ms, at_ms) VALUES (:teller, :offsetMs, :errorMs, :nowMs)
     ON CONFLICT (teller) DO UPDATE SET offset_ms = excluded.offset_ms, error_ms = excluded.error_ms, at_ms = excluded.at_ms`,
  ).run({ ...heard, nowMs })
})

/** Of this start, and not too old. */
export function timesHeard(db: Db, nowMs: number): TimeHeard[] {
  const sinceMs = Math.max(bootStartedMs(db), nowMs - FRESH_MS)
  return sql(
    db,
    'SELECT teller, offset_ms AS offsetMs, error_ms AS errorMs FROM clock_evidence WHERE at_ms >= ? ORDER BY teller',
  ).all(sinceMs) as TimeHeard[]
}
