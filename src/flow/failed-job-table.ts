import { type Db, sql } from '../store/database.ts'
import type { JobRow } from './job-table.ts'

/** A job that nobody will try again until an operator says so. */
export interface FailedJobRow {
  id: number
  name: string
  queue: string
  payload: string
  uniqueKey: string | null
  attempt: number
  rescues: number
  epoch: number
  reason: string
  /** Steps that were done; a retry does not do them again. */
  progress: string
  errors: string
  createdAtMs: number
  failedAtMs: number
}

const COLUMNS = `id, name, queue, payload, unique_key AS uniqueKey, attempt, rescues, epoch, reason, progress, errors,
  created_at_ms AS createdAtMs, failed_at_ms AS failedAtMs`

export function insertFailedJob(db: Db, job: JobRow, reason: string, nowMs: number): void {
  sql(
    db,
    `INSERT INTO failed_jobs (id, name, queue, payload, unique_key, attempt, rescues, epoch, reason, progress, errors, created_at_ms, failed_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    job.id,
    job.name,
    job.queue,
    job.payload,
    job.uniqueKey,
    job.attempt,
    job.rescues,
    job.epoch,
    reason,
    job.progress,
    job.errors,
    job.createdAtMs,
    nowMs,
  )
}

export function failedJobById(db: Db, jobId: number): FailedJobRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM failed_jobs WHERE id = ?`).get(jobId) as FailedJobRow | undefined
}

/** Oldest first, after the cursor; `queue` and `name` narrow when given. */
export function failedJobs(
  db: Db,
  filter: { queue?: string; name?: string; afterId?: number; limit: number },
): FailedJobRow[] {
  const { queue, name, afterId = 0, limit } = filter
  // Only what is asked for: a condition that may be empty keeps SQLite from its index.
  const narrow = `${queue === undefined ? '' : 'queue = :queue AND '}${name === undefined ? '' : 'name = :name AND '}`
  return sql(db, `SELECT ${COLUMNS} FROM failed_jobs WHERE ${narrow}id > :afterId ORDER BY id LIMIT :limit`).all({
    ...{ queue, name, afterId, limit },
  }) as FailedJobRow[]
}

export function deleteFailedJob(db: Db, jobId: number): boolean {
  return sql(db, 'DELETE FROM failed_jobs WHERE id = ?').run(jobId).changes > 0
}

/** Failed jobs that nobody has looked after since then; at most `limit`, so that nothing else waits. */
export function deleteFailedBefore(db: Db, beforeMs: number, limit: number): number {
  return sql(
    db,
    'DELETE FROM failed_jobs WHERE id IN (SELECT id FROM failed_jobs WHERE failed_at_ms < ? ORDER BY failed_at_ms LIMIT ?)',
  ).run(beforeMs, limit).changes
}
