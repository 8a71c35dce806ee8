import { MlangoError } from '../errors.ts'
import { type Db, sql } from '../store/database.ts'
import type { Fence } from '../store/protocol.ts'
import { bestReady, countRunning, markLocal } from './claim-table.ts'
import { type ClaimedJob, Claims } from './claims.ts'
import { deleteFailedJob, failedJobById } from './failed-job-table.ts'
import { anyHold, nextHoldDueMs, shiftHolds } from './hold-table.ts'
import { Holds } from './holds.ts'
import type { AnyJobDefinition, JobOrder } from './job-definition.ts'
import { type JobKinds, kindOf } from './job-kinds.ts'
import {
  askAgain,
  askToCancel,
  insertJob,
  insertJobAgain,
  type JobRow,
  jobById,
  jobByUniqueKey,
  moveJob,
  shiftTimes,
  URGENT_ORD,
  whereJobsWait,
} from './job-table.ts'
import type { QueueParts } from './queue-parts.ts'
import { isQueue, type PoolName, placeFrom, poolNames, type QueueName, queues } from './queues.ts'
import { RunEnds } from './run-ends.ts'
import { RunTally } from './run-tally.ts'
import { nextRunAtMs, promoteDue, soonestScheduled } from './scheduled-jobs.ts'

const MINUTE_MS = 60_000

/**
 * The durable queue. Every method is called inside a transaction of the store thread; nothing of the queue is kept in
 * memory but the tally of the last second and who answered quickly, so a commit that fails leaves nothing behind.
 *
 * INVARIANT: while a job lives, in any state, its unique key makes no second one.
 */
export class Queue {
  /** How runs end. */
  readonly runs: RunEnds
  readonly holds: Holds
  readonly #tally: RunTally
  /** Running jobs that were cancelled in this commit. */
  #stopping: number[] = []
  /** There was more to set aside than fits one commit. */
  #unfinished = false
  readonly #db: Db
  readonly #kinds: JobKinds
  readonly #nowMs: () => number
  readonly #claims: Claims

  constructor(parts: QueueParts) {
    this.holds = new Holds(parts)
    this.#tally = new RunTally(parts.db)
    this.runs = new RunEnds(parts, this.holds, this.#tally)
    this.#db = parts.db
    this.#kinds = parts.kinds
    this.#nowMs = parts.nowMs
    this.#claims = new Claims(parts, this.holds)
  }

  /** Jobs of another release become this one's. Throws `queue-unserved` when some lie in a queue that no pool of this one works on. */
  takeOver(): void {
    for (const { queue, pool, jobs } of whereJobsWait(this.#db)) {
      if (isQueue(queue) && queues[queue].pool === pool) continue
      throw new MlangoError(
        'queue-unserved',
        `${jobs} jobs wait in queue ${queue} (pool ${pool}), which this release does not serve: start the release that made them`,
      )
    }
    markLocal(
      this.#db,
      [...this.#kinds].flatMap(([name, { definition }]) => (definition.local ? name : [])),
    )
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
      if (twin.state === 'scheduled' && twin.heldBy === null && runAtMs < twin.runAtMs)
        this.#bringForward(twin, runAtMs)
      // A run that is being cancelled does nothing more: what is ordered now is another.
      const isOver = twin.cancelAskedAtMs !== null
      if (twin.state === 'running' && (definition.rerun || isOver)) askAgain(this.#db, twin.id)
      return twin.id
    }
    return insertJob(this.#db, {
      name: order.name,
      queue,
      pool: queues[queue].pool,
      state: runAtMs > nowMs ? 'scheduled' : 'ready',
      ord: placeFrom(queue, runAtMs),
      payload: JSON.stringify(payload),
      uniqueKey,
      target: definition.target?.(payload) ?? null,
      local: definition.local === true,
      maxAttempts: definition.attempts ?? 3,
      runAtMs,
      createdAtMs: nowMs,
    })
  }

  /**
   * Due jobs become ready, and free slots get the best ready ones. `slots`: workers per pool; none while there is no work thread.
   * `mayBeDue`: false when none was due by `nextDueMs`; whatever this commit has scheduled has its turn in the next.
   */
  claim(slots: Readonly<Record<PoolName, number>>, mayBeDue = true): ClaimedJob[] {
    const nowMs = this.#nowMs()
    if (mayBeDue) promoteDue(this.#db, nowMs, (queue) => placeFrom(queue as QueueName, nowMs))
    const holding = anyHold(this.#db)
    if (holding) this.holds.letGoDue()
    const running = countRunning(this.#db)
    const claims = poolNames.map((pool) => this.#claims.of(pool, slots[pool], running, holding))
    this.#unfinished = claims.some(({ isThereMore }) => isThereMore)
    return claims.flatMap(({ claimed }) => claimed)
  }

  /** When there is something to do though no command comes. */
  nextDueMs(): number {
    if (this.#unfinished) return 0
    return Math.min(nextRunAtMs(this.#db) ?? Infinity, nextHoldDueMs(this.#db) ?? Infinity, this.#tally.dueMs())
  }

  /** The last of a commit: what runs came to is written when it is due, or when it is `last`. */
  settle(last: boolean): void {
    const nowMs = this.#nowMs()
    const dueMs = this.#tally.dueMs()
    // A clock that was set back must not keep it waiting.
    if (dueMs <= nowMs || (last && dueMs < Infinity) || (dueMs < Infinity && dueMs - nowMs > MINUTE_MS))
      this.#tally.write(nowMs)
  }

  /** The commit stands: the runs that are to be told to stop. */
  takeStopping(): Fence[] {
    const jobs = this.#stopping.flatMap((jobId) => jobById(this.#db, jobId) ?? [])
    this.#stopping = []
    return jobs.flatMap(({ id, epoch, cancelAskedAtMs }) => (cancelAskedAtMs === null ? [] : [{ jobId: id, epoch }]))
  }

  /** The commit failed. */
  forget(): void {
    this.#tally.clear()
    this.#stopping = []
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
    insertJobAgain(this.#db, {
      id: failed.id,
      name: failed.name,
      queue,
      pool: queues[queue].pool,
      state: 'ready',
      ord: placeFrom(queue, nowMs),
      payload: failed.payload,
      uniqueKey: failed.uniqueKey,
      target: targetOf(definition, failed.payload),
      local: definition.local === true,
      maxAttempts: definition.attempts ?? 3,
      epoch: failed.epoch + 1,
      runAtMs: nowMs,
      createdAtMs: failed.createdAtMs,
      progress: failed.progress,
      errors: failed.errors,
    })
    return true
  }

  /** A waiting job comes to the front of its pool, whatever its time and whatever holds it. */
  runNow(jobId: number): 'runs' | 'running' | 'unknown' {
    const job = jobById(this.#db, jobId)
    if (!job || job.state === 'running') return job ? 'running' : 'unknown'
    moveJob(this.#db, jobId, { state: 'ready', ord: URGENT_ORD, runAtMs: Math.min(job.runAtMs, this.#nowMs()) })
    return 'runs'
  }

  /** The next job runs now: the best ready one, else the one scheduled soonest. */
  runNext(): number | undefined {
    const ready = poolNames
      .flatMap((pool) => [...bestReady(this.#db, pool, 0, 1), ...bestReady(this.#db, pool, 1, 1)])
      .sort((a, b) => a.ord - b.ord || a.id - b.id)
    const jobId = ready[0]?.id ?? soonestScheduled(this.#db)
    if (jobId !== undefined) this.runNow(jobId)
    return jobId
  }

  /** A waiting job is gone at once; a running one is told to stop and ends as cancelled, unless it is done by then. */
  cancel(jobId: number): 'cancelled' | 'stopping' | 'unknown' {
    const job = jobById(this.#db, jobId)
    if (!job) return 'unknown'
    if (job.state === 'running') {
      askToCancel(this.#db, jobId, this.#nowMs())
      this.#stopping.push(jobId)
      return 'stopping'
    }
    this.runs.cancel(job)
    return 'cancelled'
  }

  /** The wall clock was set back: what waits keeps its wait, and nobody overtakes it. Forward, what waits is due sooner, which is harmless. */
  followClock(byMs: number): void {
    if (byMs >= 0) return
    shiftTimes(this.#db, byMs)
    shiftHolds(this.#db, byMs)
  }

  /** The wall clock was set: statistics of a time that has not come are none. */
  forgetAfter(nowMs: number): void {
    this.#tally.forgetAfter(nowMs)
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

/** Payloads of an older release are found out by the run. */
function targetOf({ payload, target }: AnyJobDefinition, text: string): string | null {
  const parsed = target && payload.safeParse(JSON.parse(text))
  return (parsed?.success && target?.(parsed.data)) || null
}
