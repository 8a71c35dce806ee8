import { type Db, sql } from '../store/database.ts'

export type JobState = 'ready' | 'scheduled' | 'running'

/** What one try came to, kept with the job until it is done or forgotten. */
export interface JobError {
  attempt: number
  epoch: number
  atMs: number
  kind: 'retry' | 'throw' | 'timeout' | 'offline' | 'rescue'
  message: string
}

export interface JobRow {
  id: number
  name: string
  queue: string
  pool: string
  state: JobState
  payload: string
  uniqueKey: string | null
  attempt: number
  maxAttempts: number
  rescues: number
  offlines: number
  epoch: number
  owner: number | null
  runAtMs: number
  createdAtMs: number
  startedAtMs: number | null
  errors: string
}

const COLUMNS = `id, name, queue, pool, state, payload, unique_key AS uniqueKey, attempt, max_attempts AS maxAttempts, rescues, offlines,
  epoch, owner, run_at_ms AS runAtMs, created_at_ms AS createdAtMs, started_at_ms AS startedAtMs, errors`

export function jobById(db: Db, jobId: number): JobRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM jobs WHERE id = ?`).get(jobId) as JobRow | undefined
}

export function jobByUniqueKey(db: Db, key: string): JobRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM jobs WHERE unique_key = ?`).get(key) as JobRow | undefined
}

/** Oldest first, after the cursor; `queue` and `name` narrow when given. */
export function liveJobs(
  db: Db,
  filter: { state: JobState; queue?: string; name?: string; afterId: number; limit: number },
): JobRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM jobs
     WHERE state = :state AND (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name) AND id > :afterId ORDER BY id LIMIT :limit`,
  ).all({ queue: null, name: null, ...filter }) as JobRow[]
}

export function insertJob(
  db: Db,
  job: Omit<JobRow, 'id' | 'owner' | 'offlines' | 'startedAtMs'> & { id: number | null; ord: number },
): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO jobs (id, name, queue, pool, state, ord, payload, unique_key, attempt, max_attempts, rescues, epoch, run_at_ms, created_at_ms, errors)
     VALUES (:id, :name, :queue, :pool, :state, :ord, :payload, :uniqueKey, :attempt, :maxAttempts, :rescues, :epoch, :runAtMs, :createdAtMs, :errors)`,
  ).run(job)
  return Number(lastInsertRowid)
}

/** The best ready jobs of a pool become ours. Every claim raises the epoch, which fences whoever ran the job before. */
export function claimReady(db: Db, pool: string, limit: number, owner: number, nowMs: number): JobRow[] {
  const rows = sql(
    db,
    `UPDATE jobs SET state = 'running', owner = ?, epoch = epoch + 1, started_at_ms = ?
     WHERE id IN (SELECT id FROM jobs WHERE state = 'ready' AND pool = ? ORDER BY ord, id LIMIT ?)
     RETURNING ord, ${COLUMNS}`,
  ).all(owner, nowMs, pool, limit) as (JobRow & { ord: number })[]
  // RETURNING promises no order.
  return rows.sort((a, b) => a.ord - b.ord || a.id - b.id)
}

export function countRunning(db: Db, pool: string): number {
  return sql(db, "SELECT count(*) FROM jobs WHERE state = 'running' AND pool = ?").pluck().get(pool) as number
}

/** Scheduled jobs whose time has come become ready, with `slackMs` by queue counted from now on. */
export function promoteDue(db: Db, nowMs: number, ordOf: (queue: string) => number): number {
  const due = sql(
    db,
    "SELECT id, queue FROM jobs WHERE state = 'scheduled' AND run_at_ms <= ? ORDER BY run_at_ms LIMIT 1000",
  ).all(nowMs) as { id: number; queue: string }[]
  for (const { id, queue } of due) {
    sql(db, "UPDATE jobs SET state = 'ready', ord = ? WHERE id = ?").run(ordOf(queue), id)
  }
  return due.length
}

export function nextRunAtMs(db: Db): number | undefined {
  const at = sql(db, "SELECT min(run_at_ms) FROM jobs WHERE state = 'scheduled'").pluck().get() as number | null
  return at ?? undefined
}

/** True when the run still owned the job. */
export function isOurs(db: Db, jobId: number, epoch: number, owner: number): boolean {
  const found = sql(db, "SELECT 1 FROM jobs WHERE id = ? AND epoch = ? AND owner = ? AND state = 'running'").get(
    jobId,
    epoch,
    owner,
  )
  return found !== undefined
}

export function deleteJob(db: Db, jobId: number): void {
  sql(db, 'DELETE FROM jobs WHERE id = ?').run(jobId)
}

/** A running job waits again. Without `ord` and `runAtMs` it takes its old place in the queue. */
export function putBack(
  db: Db,
  jobId: number,
  change: {
    state: 'ready' | 'scheduled'
    ord: number | null
    runAtMs: number | null
    attempt: number
    rescues: number
    offlines: number
    errors: JobError[]
  },
): void {
  sql(
    db,
    `UPDATE jobs SET state = :state, owner = NULL, started_at_ms = NULL, ord = coalesce(:ord, ord),
       run_at_ms = coalesce(:runAtMs, run_at_ms), attempt = :attempt, rescues = :rescues, offlines = :offlines, errors = :errors WHERE id = :jobId`,
  ).run({ ...change, errors: JSON.stringify(change.errors), jobId })
}

/** Jobs by the queue and pool they were made for. */
export function whereJobsWait(db: Db): { queue: string; pool: string; jobs: number }[] {
  return sql(db, 'SELECT queue, pool, count(*) AS jobs FROM jobs GROUP BY queue, pool').all() as ReturnType<
    typeof whereJobsWait
  >
}

/** Moves all waiting and all places by so much. */
export function shiftTimes(db: Db, byMs: number): void {
  sql(db, 'UPDATE jobs SET run_at_ms = run_at_ms + :byMs, ord = ord + :byMs').run({ byMs })
}

export function runningJobs(db: Db): JobRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM jobs WHERE state = 'running' ORDER BY id`).all() as JobRow[]
}

export const errorsOf = (job: { errors: string }): JobError[] => JSON.parse(job.errors) as JobError[]
