import { MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Db, sql } from '../store/database.ts'
import type { Fence } from '../store/protocol.ts'
import { deleteFailedJob, failedJobById, insertFailedJob } from './failed-job-table.ts'
import type { AnyJobDefinition, JobCatalogue, JobOrder } from './job-definition.ts'
import type { JobOutcome } from './job-outcome.ts'
import {
  claimReady,
  countRunning,
  deleteJob,
  errorsOf,
  insertJob,
  isOurs,
  type JobError,
  type JobRow,
  jobById,
  jobByUniqueKey,
  nextRunAtMs,
  promoteDue,
  putBack,
  runningJobs,
} from './job-table.ts'
import { countDone } from './queue-stats.ts'
import { type PoolName, poolNames, type QueueName, queues } from './queues.ts'
import { offlineDelayMs, retryDelayMs } from './retry-policy.ts'

/** A run that ended, as the work thread tells it. */
export type RunEnd = JobOutcome | { kind: 'threw' | 'timed-out'; message: string } | { kind: 'released' }

/** A job in the hands of the work thread. */
export interface ClaimedJob {
  jobId: number
  epoch: number
  pool: PoolName
  queue: QueueName
  name: string
  payload: unknown
  attempt: number
}

/** After so many runs lost to power cuts or crashes, the job itself is the likely cause. */
const MOST_RESCUES = 10

/**
 * The durable queue. Every method is called inside a transaction of the store thread; nothing of the queue is kept in
 * memory, so a commit that fails leaves nothing behind.
 *
 * INVARIANTS
 * - Only the handler's own failures raise `attempt`; power cuts and crashes raise `rescues`.
 * - A run whose epoch is old changes nothing.
 * - A job is claimed only into a free slot.
 */
export class Queue {
  readonly #db: Db
  readonly #catalogue: JobCatalogue
  readonly #owner: number
  readonly #nowMs: () => number
  readonly #failed: (job: JobRow, reason: string) => void
  readonly #log: Log

  constructor(options: {
    db: Db
    catalogue: JobCatalogue
    /** This start's number. */
    boot: number
    nowMs: () => number
    /** A job went to the failed ones. */
    failed: (job: JobRow, reason: string) => void
    log: Log
  }) {
    this.#db = options.db
    this.#catalogue = options.catalogue
    this.#owner = options.boot
    this.#nowMs = options.nowMs
    this.#failed = options.failed
    this.#log = options.log
  }

  /** Adds a job, or finds the live one with the same unique key and brings it forward when this order is due earlier. */
  enqueue(order: JobOrder): number {
    const { queue, definition } = this.#find(order.name)
    const payload = definition.payload.parse(order.payload)
    const nowMs = this.#nowMs()
    const runAtMs = Math.max(order.runAtMs ?? nowMs, nowMs)
    const uniqueKey = definition.uniqueBy ? `${order.name}:${definition.uniqueBy(payload)}` : null
    const twin = uniqueKey === null ? undefined : jobByUniqueKey(this.#db, uniqueKey)
    if (twin) {
      if (twin.state === 'scheduled' && runAtMs < twin.runAtMs) this.#bringForward(twin, runAtMs)
      return twin.id
    }
    return insertJob(this.#db, {
      id: null,
      name: order.name,
      queue,
      pool: queues[queue].pool,
      state: runAtMs > nowMs ? 'scheduled' : 'ready',
      ord: this.#ord(queue, runAtMs),
      payload: JSON.stringify(payload),
      uniqueKey,
      attempt: 0,
      maxAttempts: definition.attempts ?? 3,
      rescues: 0,
      epoch: 0,
      runAtMs,
      createdAtMs: nowMs,
      errors: '[]',
    })
  }

  /** Throws `stale-run` unless the sender still owns the job. */
  assertOurs({ jobId, epoch }: Fence): void {
    if (!isOurs(this.#db, jobId, epoch, this.#owner)) {
      throw new MlangoError('stale-run', `Job ${jobId} is no longer run ${epoch}'s`)
    }
  }

  /** Ends a run. The caller has performed the effects in the same savepoint. Throws `stale-run` for an old epoch. */
  finish(fence: Fence, end: RunEnd): void {
    this.assertOurs(fence)
    const job = jobById(this.#db, fence.jobId) as JobRow
    switch (end.kind) {
      case 'done':
        deleteJob(this.#db, job.id)
        countDone(this.#db, this.#nowMs())
        return
      case 'discard':
        this.#bury(job, end.reason)
        return
      case 'snooze':
        this.#schedule(job, end.delayMs, { offlines: 0 })
        return
      case 'offline':
        this.#schedule(job, offlineDelayMs(job.offlines + 1), { offlines: job.offlines + 1 })
        return
      case 'released':
        this.#schedule(job, 0, {})
        return
      case 'retry':
        this.#fail(job, 'retry', end.reason)
        return
      case 'threw':
        this.#fail(job, 'throw', end.message)
        return
      case 'timed-out':
        this.#fail(job, 'timeout', end.message)
    }
  }

  /** Jobs that were running when the power went or their thread died go back, at the cost of a rescue, not of an attempt. */
  rescue(reason: string): number {
    const lost = runningJobs(this.#db)
    for (const job of lost) {
      const rescued = { ...job, rescues: job.rescues + 1, errors: this.#errorsWith(job, 'rescue', reason) }
      if (rescued.rescues > MOST_RESCUES)
        this.#bury({ ...rescued, errors: JSON.stringify(rescued.errors) }, 'crash loop')
      else this.#schedule(job, 0, { rescues: rescued.rescues, errors: rescued.errors })
    }
    if (lost.length > 0) this.#log.warn({ jobs: lost.length, reason }, 'running jobs went back to their queues')
    return lost.length
  }

  /** Due jobs become ready, and free slots get the best ready ones. `slots`: workers per pool; none while there is no work thread. */
  claim(slots: Readonly<Record<PoolName, number>>): ClaimedJob[] {
    const nowMs = this.#nowMs()
    promoteDue(this.#db, nowMs, (queue) => this.#ord(queue as QueueName, nowMs))
    return poolNames.flatMap((pool) => {
      const free = slots[pool] - countRunning(this.#db, pool)
      if (free <= 0) return []
      return claimReady(this.#db, pool, free, this.#owner, nowMs).map((job) => ({
        jobId: job.id,
        epoch: job.epoch,
        pool,
        queue: job.queue as QueueName,
        name: job.name,
        payload: JSON.parse(job.payload),
        attempt: job.attempt + 1,
      }))
    })
  }

  nextRunAtMs(): number | undefined {
    return nextRunAtMs(this.#db)
  }

  /** A failed job starts anew: same id and history, attempts from zero. False when there is none, or a live job does the same work. */
  retryFailed(jobId: number): boolean {
    const failed = failedJobById(this.#db, jobId)
    if (!failed) return false
    if (failed.uniqueKey !== null && jobByUniqueKey(this.#db, failed.uniqueKey)) return false
    const { definition } = this.#find(failed.name)
    const nowMs = this.#nowMs()
    const queue = failed.queue as QueueName
    deleteFailedJob(this.#db, jobId)
    insertJob(this.#db, {
      id: failed.id,
      name: failed.name,
      queue,
      pool: queues[queue].pool,
      state: 'ready',
      ord: this.#ord(queue, nowMs),
      payload: failed.payload,
      uniqueKey: failed.uniqueKey,
      attempt: 0,
      maxAttempts: definition.attempts ?? 3,
      rescues: 0,
      epoch: failed.epoch + 1,
      runAtMs: nowMs,
      createdAtMs: failed.createdAtMs,
      errors: failed.errors,
    })
    return true
  }

  /** The next job comes to the front of its pool: the best ready one, else the one scheduled soonest. */
  runNext(): number | undefined {
    const id = sql(
      this.#db,
      `SELECT id FROM jobs WHERE state <> 'running' ORDER BY state = 'ready' DESC, CASE state WHEN 'ready' THEN ord ELSE run_at_ms END, id LIMIT 1`,
    )
      .pluck()
      .get() as number | undefined
    if (id !== undefined) {
      sql(this.#db, "UPDATE jobs SET state = 'ready', ord = 0, run_at_ms = ? WHERE id = ?").run(this.#nowMs(), id)
    }
    return id
  }

  #find(name: string): { queue: QueueName; definition: AnyJobDefinition } {
    for (const [queue, jobs] of Object.entries(this.#catalogue)) {
      const definition = jobs[name]
      if (definition) return { queue: queue as QueueName, definition }
    }
    throw new MlangoError('unknown-job', `There is no job named ${name}`)
  }

  #ord(queue: QueueName, fromMs: number): number {
    return fromMs + queues[queue].slackMs
  }

  #bringForward(job: JobRow, runAtMs: number): void {
    const state = runAtMs > this.#nowMs() ? 'scheduled' : 'ready'
    sql(this.#db, 'UPDATE jobs SET run_at_ms = ?, state = ?, ord = ? WHERE id = ?').run(
      runAtMs,
      state,
      this.#ord(job.queue as QueueName, runAtMs),
      job.id,
    )
  }

  #schedule(
    job: JobRow,
    delayMs: number,
    change: { attempt?: number; rescues?: number; offlines?: number; errors?: JobError[] },
  ): void {
    const runAtMs = this.#nowMs() + delayMs
    putBack(this.#db, job.id, {
      state: delayMs > 0 ? 'scheduled' : 'ready',
      ord: this.#ord(job.queue as QueueName, runAtMs),
      runAtMs,
      attempt: change.attempt ?? job.attempt,
      rescues: change.rescues ?? job.rescues,
      offlines: change.offlines ?? job.offlines,
      errors: change.errors ?? errorsOf(job),
    })
  }

  #fail(job: JobRow, kind: JobError['kind'], message: string): void {
    const attempt = job.attempt + 1
    const errors = this.#errorsWith({ ...job, attempt }, kind, message)
    if (attempt >= job.maxAttempts) {
      this.#bury({ ...job, attempt, errors: JSON.stringify(errors) }, message)
      return
    }
    const { definition } = this.#find(job.name)
    this.#schedule(job, retryDelayMs(attempt, definition.backoffMs), { attempt, errors, offlines: 0 })
  }

  #bury(job: JobRow, reason: string): void {
    insertFailedJob(this.#db, job, reason, this.#nowMs())
    deleteJob(this.#db, job.id)
    this.#failed(job, reason)
  }

  #errorsWith(job: JobRow, kind: JobError['kind'], message: string): JobError[] {
    return [
      ...errorsOf(job),
      { attempt: job.attempt, epoch: job.epoch, atMs: this.#nowMs(), kind, message: message.slice(0, 2000) },
    ]
  }
}
