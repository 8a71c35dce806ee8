import { type Db, sql } from '../store/database.ts'
import type { QueueName } from './queues.ts'
import { addTimes, type Times } from './run-times.ts'

/** How the runs of a queue fared. */
export interface RunCounts {
  done: number
  /** Runs that used up an attempt, and jobs put away. */
  failedRuns: number
  /** Snoozed, offline, cancelled. */
  otherRuns: number
  /** How long jobs waited from their time to their start, in ms. */
  waits: Times
  runs: Times
}

export interface QueueMinute extends RunCounts {
  minuteMs: number
  queue: QueueName
}

export const noRuns = (): RunCounts => ({ done: 0, failedRuns: 0, otherRuns: 0, waits: {}, runs: {} })

export function addRuns(to: RunCounts, more: RunCounts): RunCounts {
  to.done += more.done
  to.failedRuns += more.failedRuns
  to.otherRuns += more.otherRuns
  addTimes(to.waits, more.waits)
  addTimes(to.runs, more.runs)
  return to
}

interface StoredMinute extends Omit<QueueMinute, 'waits' | 'runs'> {
  waits: string
  runs: string
}

const COLUMNS = `minute_ms AS minuteMs, queue, done, failed_runs AS failedRuns, other_runs AS otherRuns, waits, runs`

const minuteOf = (row: StoredMinute): QueueMinute => ({
  ...row,
  waits: JSON.parse(row.waits) as Times,
  runs: JSON.parse(row.runs) as Times,
})

/** Oldest first, from `sinceMs` on; of one queue when named. */
export function queueMinutes(db: Db, sinceMs: number, queue?: QueueName): QueueMinute[] {
  const rows = sql(
    db,
    `SELECT ${COLUMNS} FROM queue_minutes WHERE minute_ms >= ? AND (? IS NULL OR queue = ?) ORDER BY minute_ms, queue`,
  ).all(sinceMs, queue ?? null, queue ?? null) as StoredMinute[]
  return rows.map(minuteOf)
}

/** Adds to what the minute has. True when it is the first of that minute and queue. */
export function addToMinute(db: Db, minuteMs: number, queue: QueueName, more: RunCounts): boolean {
  const row = sql(db, `SELECT ${COLUMNS} FROM queue_minutes WHERE minute_ms = ? AND queue = ?`).get(minuteMs, queue)
  const all = addRuns(row ? minuteOf(row as StoredMinute) : noRuns(), more)
  sql(
    db,
    `INSERT OR REPLACE INTO queue_minutes (minute_ms, queue, done, failed_runs, other_runs, waits, runs) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ).run(minuteMs, queue, all.done, all.failedRuns, all.otherRuns, JSON.stringify(all.waits), JSON.stringify(all.runs))
  return row === undefined
}

export function deleteMinutesAfter(db: Db, minuteMs: number): void {
  sql(db, 'DELETE FROM queue_minutes WHERE minute_ms > ?').run(minuteMs)
}

export function deleteMinutesBefore(db: Db, minuteMs: number): void {
  sql(db, 'DELETE FROM queue_minutes WHERE minute_ms < ?').run(minuteMs)
}
