import { MlangoError } from '../errors.ts'
import { type Db, sql } from '../store/database.ts'
import { deleteFailedJob, failedJobById } from './failed-job-table.ts'
import type { JobOrder } from './job-definition.ts'
import { type JobKinds, kindOf } from './job-kinds.ts'
import {
  claimReady,
  countRunning,
  insertJob,
  type JobRow,
  jobByUniqueKey,
  nextRunAtMs,
  promoteDue,
  shiftTimes,
  whereJobsWait,
} from './job-table.ts'
import { isQueue, type PoolName, placeFrom, poolNames, type QueueName, queues } from './queues.ts'
import { type QueueParts, RunEnds } from './run-ends.ts'

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

/**
 * The durable queue. Every method is called inside a transaction of the store thread; nothing of the queue is kept in
 * memory, so a commit that fails leaves nothing behind.
 *
 * INVARIANTS
 * - A job is claimed only into a free slot.
 * - While a job lives, in any state, its unique key makes no second one.
 */
export class Queue {
  /** How runs end. */
  readonly runs: RunEnds
  readonly #db: Db
  readonly #kinds: JobKinds
  readonly #owner: number
  readonly #nowMs: () => number

  constructor(parts: QueueParts) {
    this.runs = new RunEnds(parts)
    this.#db = parts.db
    this.#kinds = parts.kinds
    this.#owner = parts.boot
    this.#nowMs = parts.nowMs
  }

  /** Throws `queue-unserved` when jobs lie in a queue that no pool of this release works on. */
  assertServed(): void {
    for (const { queue, pool, jobs } of whereJobsWait(this.#db)) {
      if (isQueue(queue) && queues[queue].pool === pool) continue
      throw new MlangoError(
        'queue-unserved',
        `${jobs} jobs wait in queue ${queue} (pool ${pool}), which this release does not serve: start the release that made them`,
      )
    }
  }

  /** Adds a job, or finds the live one with the same unique key and brings it forward when this order is due earlier. */
  enqueue(order: JobOrder): number {
    const { queue, definition } = kindOf(this.#kinds, order.name)
    const payload = definition.payload.parse(order.payload)
    const nowMs = this.#nowMs()
    const runAtMs = Math.ceil(Math.max(order.runAtMs ?? nowMs, nowMs))
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
      ord: placeFrom(queue, runAtMs),
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

  /** Due jobs become ready, and free slots get the best ready ones. `slots`: workers per pool; none while there is no work thread. */
  claim(slots: Readonly<Record<PoolName, number>>): ClaimedJob[] {
    const nowMs = this.#nowMs()
    promoteDue(this.#db, nowMs, (queue) => placeFrom(queue as QueueName, nowMs))
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

  /** A failed job starts anew: same id and history, attempts from zero. False when there is none, no such job exists any more, or a live one does the same work. */
  retryFailed(jobId: number): boolean {
    const failed = failedJobById(this.#db, jobId)
    const kind = failed && this.#kinds.get(failed.name)
    if (!kind) return false
    if (failed.uniqueKey !== null && jobByUniqueKey(this.#db, failed.uniqueKey)) return false
    const { queue, definition } = kind
    const nowMs = this.#nowMs()
    deleteFailedJob(this.#db, jobId)
    insertJob(this.#db, {
      id: failed.id,
      name: failed.name,
      queue,
      pool: queues[queue].pool,
      state: 'ready',
      ord: placeFrom(queue, nowMs),
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

  /** The wall clock was set back: what waits keeps its wait, and nobody overtakes it. Forward, what waits is due sooner, which is harmless. */
  followClock(byMs: number): void {
    if (byMs < 0) shiftTimes(this.#db, byMs)
  }

  #bringForward(job: JobRow, runAtMs: number): void {
    const state = runAtMs > this.#nowMs() ? 'scheduled' : 'ready'
    sql(this.#db, 'UPDATE jobs SET run_at_ms = ?, state = ?, ord = ? WHERE id = ?').run(
      runAtMs,
      state,
      placeFrom(job.queue as QueueName, runAtMs),
      job.id,
    )
  }
}
