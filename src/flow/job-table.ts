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
  /** The hold that keeps it back although its time has come; see `holds.ts`. */
  heldBy: string | null
  ord: number
  payload: string
  uniqueKey: string | null
  target: string | null
  attempt: number
  maxAttempts: number
  rescues: number
  offlines: number
  epoch: number
  owner: number | null
  runAtMs: number
  createdAtMs: number
  startedAtMs: number | null
  cancelAskedAtMs: number | null
  /** 1: ordered again while it ran, or while its run is being cancelled. */
  again: number
  /** Steps that are done, by name, with what they came to. */
  progress: string
  errors: string
}

export const JOB_COLUMNS = `id, name, queue, pool, state, held_by AS heldBy, ord, payload, unique_key AS uniqueKey, target, attempt,
  max_attempts AS maxAttempts, rescues, offlines, epoch, owner, run_at_ms AS runAtMs, created_at_ms AS createdAtMs,
  started_at_ms AS startedAtMs, cancel_asked_at_ms AS cancelAskedAtMs, again, progress, errors`

/** Texts that every run needs are put together once: a statement is found by its text. */
const BY_ID = `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`

export function jobById(db: Db, jobId: number): JobRow | undefined {
  return sql(db, BY_ID).get(jobId) as JobRow | undefined
}

/** What the end of a run must know of its job when nothing went wrong. */
export type RunRow = Pick<
  JobRow,
  'id' | 'queue' | 'state' | 'target' | 'epoch' | 'owner' | 'runAtMs' | 'cancelAskedAtMs' | 'again'
>

const RUNS = `SELECT id, queue, state, target, epoch, owner, run_at_ms AS runAtMs, cancel_asked_at_ms AS cancelAskedAtMs, again
  FROM jobs WHERE id`
const RUN_BY_ID = `${RUNS} = ?`
const RUNS_BY_ID = `${RUNS} IN (SELECT value FROM json_each(?))`

/** Asked for at every end of a run: a third of what the whole row costs. */
export function runById(db: Db, jobId: number): RunRow | undefined {
  return sql(db, RUN_BY_ID).get(jobId) as RunRow | undefined
}

export function runsById(db: Db, jobIds: readonly number[]): RunRow[] {
  return sql(db, RUNS_BY_ID).all(JSON.stringify(jobIds)) as RunRow[]
}

export function jobByUniqueKey(db: Db, key: string): JobRow | undefined {
  return sql(db, `SELECT ${JOB_COLUMNS} FROM jobs WHERE unique_key = ?`).get(key) as JobRow | undefined
}

/** Whether a job waits or runs. `key`: what its `uniqueBy` says. */
export const isOrdered = (db: Db, name: string, key: string): boolean =>
  sql(db, 'SELECT 1 FROM jobs WHERE unique_key = ?').get(`${name}:${key}`) !== undefined

/** Jobs of several queues in one order: SQLite merges what each queue's index gives in that order, and reads no more than it needs. */
export const merged = (names: readonly string[], select: (queue: string) => string) =>
  names.map((name) => select(`queue = '${name}'`)).join(' UNION ALL ')

type NewJob = Pick<
  JobRow,
  | 'name'
  | 'queue'
  | 'pool'
  | 'state'
  | 'ord'
  | 'payload'
  | 'uniqueKey'
  | 'target'
  | 'maxAttempts'
  | 'runAtMs'
  | 'createdAtMs'
> & { local: boolean }

/** Half the time of an enqueue is this row: so values go by place, not by name, and what the table fills in itself is left out. */
export function insertJob(db: Db, job: NewJob): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO jobs (name, queue, pool, state, ord, payload, unique_key, target, max_attempts, run_at_ms, created_at_ms, local)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    job.name,
    job.queue,
    job.pool,
    job.state,
    job.ord,
    job.payload,
    job.uniqueKey,
    job.target,
    job.maxAttempts,
    job.runAtMs,
    job.createdAtMs,
    job.local ? 1 : 0,
  )
  return Number(lastInsertRowid)
}

/** Puts a job that had failed back, with its id and its history. */
export function insertJobAgain(db: Db, job: NewJob & Pick<JobRow, 'id' | 'epoch' | 'progress' | 'errors'>): void {
  sql(
    db,
    `INSERT INTO jobs (id, name, queue, pool, state, ord, payload, unique_key, target, max_attempts, epoch, run_at_ms, created_at_ms, progress, errors, local)
     VALUES (:id, :name, :queue, :pool, :state, :ord, :payload, :uniqueKey, :target, :maxAttempts, :epoch, :runAtMs, :createdAtMs, :progress, :errors, :local)`,
  ).run({ ...job, local: job.local ? 1 : 0 })
}

export function deleteJob(db: Db, jobId: number): void {
  sql(db, 'DELETE FROM jobs WHERE id = ?').run(jobId)
}

export function deleteJobs(db: Db, jobIds: readonly number[]): void {
  sql(db, 'DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))').run(JSON.stringify(jobIds))
}

/** A running job waits again. Without `ord` and `runAtMs` it takes its old place in the queue. */
export function putBack(
  db: Db,
  jobId: number,
  change: Pick<JobRow, 'heldBy' | 'target' | 'attempt' | 'rescues' | 'offlines'> & {
    state: 'ready' | 'scheduled'
    ord: number | null
    runAtMs: number | null
    errors: JobError[]
  },
): void {
  sql(
    db,
    `UPDATE jobs SET state = :state, held_by = :heldBy, target = :target, owner = NULL, started_at_ms = NULL, ord = coalesce(:ord, ord),
       run_at_ms = coalesce(:runAtMs, run_at_ms), attempt = :attempt, rescues = :rescues, offlines = :offlines, errors = :errors WHERE id = :jobId`,
  ).run({ ...change, errors: JSON.stringify(change.errors), jobId })
}

/** The place of a job that an operator wants to run now: before all others, and no hold keeps it back. */
export const URGENT_ORD = 0

/** Moves a waiting job to another time and place. */
export function moveJob(
  db: Db,
  jobId: number,
  to: { state: 'ready' | 'scheduled'; ord: number; runAtMs: number },
): void {
  sql(db, 'UPDATE jobs SET state = :state, held_by = NULL, ord = :ord, run_at_ms = :runAtMs WHERE id = :jobId').run({
    ...to,
    jobId,
  })
}

export function askAgain(db: Db, jobId: number): void {
  sql(db, 'UPDATE jobs SET again = 1 WHERE id = ?').run(jobId)
}

/** A job that has ended waits as if it were new: with its id, without a history. */
export function startAnew(db: Db, jobId: number, ord: number, nowMs: number): void {
  sql(
    db,
    `UPDATE jobs SET state = 'ready', ord = ?, run_at_ms = ?, owner = NULL, started_at_ms = NULL, attempt = 0, rescues = 0,
       offlines = 0, cancel_asked_at_ms = NULL, again = 0, progress = '{}', errors = '[]' WHERE id = ?`,
  ).run(ord, nowMs, jobId)
}

/** What was ordered again until now is cancelled with it. */
export function askToCancel(db: Db, jobId: number, nowMs: number): void {
  sql(db, 'UPDATE jobs SET cancel_asked_at_ms = coalesce(cancel_asked_at_ms, ?), again = 0 WHERE id = ?').run(
    nowMs,
    jobId,
  )
}

/** What a step came to is kept with the job. */
export function keepStep(db: Db, jobId: number, name: string, value: unknown): void {
  const progress = sql(db, 'SELECT progress FROM jobs WHERE id = ?').pluck().get(jobId) as string
  const steps = { ...(JSON.parse(progress) as object), [name]: value ?? null }
  sql(db, 'UPDATE jobs SET progress = ? WHERE id = ?').run(JSON.stringify(steps), jobId)
}

/** Jobs by the queue and pool they were made for. */
export function whereJobsWait(db: Db): { queue: string; pool: string; jobs: number }[] {
  return sql(db, 'SELECT queue, pool, count(*) AS jobs FROM jobs GROUP BY queue, pool').all() as ReturnType<
    typeof whereJobsWait
  >
}

/** Moves the time and the place of every job by `byMs`, when the clock was set. */
export function shiftTimes(db: Db, byMs: number): void {
  sql(
    db,
    `UPDATE jobs SET run_at_ms = run_at_ms + :byMs, ord = CASE ord WHEN ${URGENT_ORD} THEN ord ELSE ord + :byMs END`,
  ).run({ byMs })
}

export function runningJobs(db: Db): JobRow[] {
  return sql(db, `SELECT ${JOB_COLUMNS} FROM jobs WHERE state = 'running' ORDER BY id`).all() as JobRow[]
}

export const errorsOf = (job: { errors: string }): JobError[] => JSON.parse(job.errors) as JobError[]

/** How often a run of the job was lost to a crash or a power cut, whoever was to blame. */
export const timesLost = (job: { errors: string }): number =>
  job.errors === '[]' ? 0 : errorsOf(job).filter(({ kind }) => kind === 'rescue').length
