import { MlangoError } from '../errors.ts'
import type { Fence } from '../store/protocol.ts'
import { countRunning } from './claim-table.ts'
import type { Holds } from './holds.ts'
import type { JobOutcome, OfTarget } from './job-outcome.ts'
import { JobPlaces } from './job-places.ts'
import {
  deleteJob,
  deleteJobs,
  type JobRow,
  jobById,
  type RunRow,
  runById,
  runningJobs,
  runsById,
} from './job-table.ts'
import type { QueueParts } from './queue-parts.ts'
import { rescueDelayMs } from './retry-policy.ts'
import type { RunTally } from './run-tally.ts'

/** A run that ended, as the work thread tells it. `released`: cut short by a stop; `cancelled`: by an operator. */
export type RunEnd =
  | JobOutcome
  | { kind: 'threw' | 'timed-out'; message: string }
  | { kind: 'released' }
  | { kind: 'cancelled' }

/** A run whose work is done and that says nothing else; the handler had it for `ranMs`. Bare numbers travel cheaply. */
export type DoneRun = readonly [jobId: number, epoch: number, ranMs: number]

/** When more runs than this were lost to power cuts or crashes, the job itself is the likely cause. */
const MOST_RESCUES = 10

/**
 * How runs end.
 *
 * INVARIANTS
 * - Only the handler's own failures raise `attempt`; power cuts and crashes raise `rescues`.
 * - A run whose epoch is old changes nothing.
 * - A job that was cancelled while it ran does not run again, unless it was ordered again after that.
 */
export class RunEnds {
  readonly #parts: QueueParts
  readonly #holds: Holds
  readonly #tally: RunTally
  readonly #places: JobPlaces

  constructor(parts: QueueParts, holds: Holds, tally: RunTally) {
    this.#parts = parts
    this.#holds = holds
    this.#tally = tally
    this.#places = new JobPlaces(parts, holds)
  }

  /** Throws `stale-run` unless the sender still owns the job. */
  assertOurs({ jobId, epoch }: Fence): RunRow {
    const run = runById(this.#parts.db, jobId)
    if (run && this.#isOurs(run, epoch)) return run
    throw new MlangoError('stale-run', `Job ${jobId} is no longer run ${epoch}'s`)
  }

  /** Ends the run of a job that is ours; it lasted `ranMs`. The caller has performed the effects in the same savepoint. */
  finish(run: RunRow, end: RunEnd, ranMs: number): void {
    const nowMs = this.#parts.nowMs()
    if (end.kind === 'done') {
      this.#heard(run, end, ranMs)
      this.#count(run, ranMs)
      this.#places.leave(run)
      return
    }
    const job = jobById(this.#parts.db, run.id) as JobRow
    if (job.cancelAskedAtMs !== null) {
      this.#unproven(job)
      this.#cancelRun(job)
      this.#tally.add(job, 'other', nowMs, ranMs)
      return
    }
    this.#tally.add(job, FAILED_RUNS.includes(end.kind) ? 'failed' : 'other', nowMs, ranMs)
    switch (end.kind) {
      case 'discard':
        this.#unasked(job)
        if (job.again === 1) this.#places.leave(job)
        else this.#places.bury(job, end.reason)
        return
      case 'snooze':
        this.#heard(job, end, ranMs)
        if (job.again === 1) this.#places.leave(job)
        else this.#places.schedule(job, end.delayMs, { offlines: 0 })
        return
      case 'offline':
        this.#places.waitForTarget(job, end)
        return
      case 'released':
      case 'cancelled':
        this.#unproven(job)
        this.#places.giveBack(job, {})
        return
      case 'retry':
        this.#answered(job, ranMs)
        this.#places.fail(job, 'retry', end.reason)
        return
      case 'retry-after':
        this.#answered(job, ranMs)
        this.#places.fail(job, 'retry', end.reason, end.delayMs)
        return
      case 'threw':
        this.#unproven(job)
        this.#places.fail(job, 'throw', end.message)
        return
      case 'timed-out':
        this.#unproven(job)
        this.#places.fail(job, 'timeout', end.message)
    }
  }

  /** Ends many runs by a few statements. Returns the jobs that are not ours any more. */
  finishDone(done: readonly DoneRun[]): number[] {
    const { db } = this.#parts
    const runs = new Map(
      runsById(
        db,
        done.map(([jobId]) => jobId),
      ).map((run) => [run.id, run]),
    )
    const gone: number[] = []
    const stale: number[] = []
    for (const [jobId, epoch, ranMs] of done) {
      const run = runs.get(jobId)
      if (!run || !this.#isOurs(run, epoch)) {
        stale.push(jobId)
        continue
      }
      this.#answered(run, ranMs)
      this.#count(run, ranMs)
      if (run.again === 1) this.#places.leave(run)
      else gone.push(jobId)
    }
    deleteJobs(db, gone)
    return stale
  }

  /** A job that waits ends here and is kept among the ended ones. */
  cancel(job: JobRow): void {
    this.#tally.ended(job, 'cancelled', this.#parts.nowMs())
    deleteJob(this.#parts.db, job.id)
  }

  #cancelRun(job: JobRow): void {
    this.#tally.ended(job, 'cancelled', this.#parts.nowMs())
    this.#places.leave(job)
  }

  /**
   * Jobs that were running when the power went or their thread died go back, at the cost of a rescue, not of an attempt. Of
   * several local ones in hand at most one is to blame, so it costs none of them anything: they come back in smaller hands.
   */
  rescue(reason: string): number {
    const lost = runningJobs(this.#parts.db)
    const inHand = countRunning(this.#parts.db).filter(({ local }) => local === 1)
    for (const job of lost) {
      const isLocal = this.#parts.kinds.get(job.name)?.definition.local
      const together = inHand.reduce((sum, { pool, jobs }) => (pool === job.pool ? sum + jobs : sum), 0)
      const rescues = isLocal && together > 1 ? job.rescues : job.rescues + 1
      const errors = this.#places.errorsWith(job, 'rescue', reason)
      this.#unproven(job)
      const delayMs = rescueDelayMs(rescues)
      if (job.cancelAskedAtMs !== null) this.#cancelRun(job)
      else if (rescues > MOST_RESCUES)
        this.#places.bury({ ...job, rescues, errors: JSON.stringify(errors) }, 'crash loop')
      else if (delayMs > 0) this.#places.schedule(job, delayMs, { rescues, errors })
      else this.#places.giveBack(job, { rescues, errors })
    }
    if (lost.length > 0) this.#parts.log.warn({ jobs: lost.length, reason }, 'running jobs went back to their queues')
    return lost.length
  }

  #isOurs({ epoch, owner, state }: RunRow, ours: number): boolean {
    return epoch === ours && owner === this.#parts.boot && state === 'running'
  }

  /** Its work is done: asked for before the job goes. */
  #count(run: RunRow, ranMs: number): void {
    const { db, nowMs } = this.#parts
    if (this.#tally.showsMore()) this.#tally.ended(jobById(db, run.id) as JobRow, 'done', nowMs())
    this.#tally.add(run, 'done', nowMs(), ranMs)
  }

  #heard(job: RunRow, { silent, unasked }: OfTarget, ranMs: number): void {
    if (unasked) this.#unasked(job)
    else if (silent === undefined) this.#answered(job, ranMs)
    else if (job.target !== null) this.#holds.targetDown(job.target, job.id, silent)
  }

  #answered(job: RunRow, ranMs: number): void {
    if (job.target !== null) this.#holds.targetAnswered(job.target, ranMs)
  }

  #unasked(job: RunRow): void {
    if (job.target !== null) this.#holds.targetUnasked(job.target, job.id)
  }

  #unproven(job: JobRow): void {
    if (job.target !== null) this.#holds.targetUnproven(job.target, job.id)
  }
}

const FAILED_RUNS: readonly RunEnd['kind'][] = ['discard', 'retry', 'retry-after', 'threw', 'timed-out']
