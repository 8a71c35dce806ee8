import { type Db, sql } from '../store/database.ts'

/** A job that ended well or was cancelled. Only the last ones are kept, and of a flood only some. */
export interface EndedJobRow {
  place: number
  id: number
  name: string
  queue: string
  outcome: 'done' | 'cancelled'
  payload: string
  attempt: number
  rescues: number
  errors: string
  createdAtMs: number
  startedAtMs: number | null
  endedAtMs: number
}

const COLUMNS = `place, id, name, queue, outcome, payload, attempt, rescues, errors,
  created_at_ms AS createdAtMs, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs`

const MOST_KEPT = 1_000

export function insertEndedJob(db: Db, job: Omit<EndedJobRow, 'place'>): void {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO ended_jobs (id, name, queue, outcome, payload, attempt, rescues, errors, created_at_ms, started_at_ms, ended_at_ms)
     VALUES (:id, :name, :queue, :outcome, :payload, :attempt, :rescues, :errors, :createdAtMs, :startedAtMs, :endedAtMs)`,
  ).run(job)
  sql(db, 'DELETE FROM ended_jobs WHERE place <= ?').run(Number(lastInsertRowid) - MOST_KEPT)
}

/** A job that was retried after its end may have ended twice: the last time counts. */
export function endedJobById(db: Db, jobId: number): EndedJobRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM ended_jobs WHERE id = ? ORDER BY place DESC LIMIT 1`).get(jobId) as
    | EndedJobRow
    | undefined
}

/** Newest first, before the cursor; `queue` and `name` narrow when given. */
export function endedJobs(
  db: Db,
  filter: { queue?: string; name?: string; beforePlace?: number; limit: number },
): EndedJobRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM ended_jobs
     WHERE (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name) AND place < :beforePlace
     ORDER BY place DESC LIMIT :limit`,
  ).all({ queue: null, name: null, beforePlace: Number.MAX_SAFE_INTEGER, ...filter }) as EndedJobRow[]
}
