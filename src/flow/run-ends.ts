import { MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from '../store/database.ts'
import type { Fence } from '../store/protocol.ts'
import { countRunning } from './claim-table.ts'
import { insertFailedJob } from './failed-job-table.ts'
import type { Holds } from './holds.ts'
import { type JobKinds, kindOf } from './job-kinds.ts'
import type { JobOutcome } from './job-outcome.ts'
import {
  deleteJob,
  deleteJobs,
  errorsOf,
  type JobError,
  type JobRow,
  jobById,
  putBack,
  type RunRow,
  runById,
  runningJobs,
  runsById,
  startAnew,
  URGENT_ORD,
} from './job-table.ts'
import { placeFrom, type QueueName } from './queues.ts'
import { offlineDelayMs, rescueDelayMs, retryDelayMs } from './retry-policy.ts'
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

/** How many characters of an error are kept; a stack trace fits. */
const MOST_TEXT = 2_000

/** How many errors of a job are kept; one that is retried by hand again and again must not grow for ever. */
const MOST_ERRORS = 50

export interface QueueParts {
  db: Db
  kinds: JobKinds
  /** The number of this start of the daemon: runs that it owns are ours. */
  boot: number
  nowMs: () => number
  /** A job went to the failed ones. */
  failed: (job: JobRow, reason: string) => void
  log: Log
}

/**
 * How runs end.
 *
 * INVARIANTS
 * - Only the handler's own failures raise `attempt`; power cuts and crashes raise `rescues`.
 * - A run whose epoch is old changes nothing.
 * - A job that was cancelled while it ran does not run again.
 */
export class RunEnds {
  readonly #parts: QueueParts
  readonly #holds: Holds
  readonly #tally: RunTally

  constructor(parts: QueueParts, holds: Holds, tally: RunTally) {
    this.#parts = parts
    this.#holds = holds
    this.#tally = tally
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
      this.#heard(run, end.silent, ranMs)
      this.#count(run, ranMs)
      this.#leave(run)
      return
    }
    const job = jobById(this.#parts.db, run.id) as JobRow
    if (job.cancelAskedAtMs !== null) {
      this.#unproven(job)
      this.cancel(job)
      this.#tally.add(job, 'other', nowMs, ranMs)
      return
    }
    this.#tally.add(job, FAILED_RUNS.includes(end.kind) ? 'failed' : 'other', nowMs, ranMs)
    switch (end.kind) {
      case 'discard':
        this.#answered(job, ranMs)
        if (job.again === 1) this.#leave(job)
        else this.#bury(job, end.reason)
        return
      case 'snooze':
        this.#heard(job, end.silent, ranMs)
        if (job.again === 1) this.#leave(job)
        else this.#schedule(job, end.delayMs, { offlines: 0 })
        return
      case 'offline':
        this.#offline(job, end)
        return
      case 'released':
      case 'cancelled':
        this.#unproven(job)
        this.#return(job, {})
        return
      case 'retry':
        this.#answered(job, ranMs)
        this.#fail(job, 'retry', end.reason)
        return
      case 'retry-after':
        this.#answered(job, ranMs)
        this.#fail(job, 'retry', end.reason, end.delayMs)
        return
      case 'threw':
        this.#unproven(job)
        this.#fail(job, 'throw', end.message)
        return
      case 'timed-out':
        this.#unproven(job)
        this.#fail(job, 'timeout', end.message)
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
      this.#heard(run, undefined, ranMs)
      this.#count(run, ranMs)
      if (run.again === 1) this.#leave(run)
      else gone.push(jobId)
    }
    deleteJobs(db, gone)
    return stale
  }

  /** The job ends here and is kept among the ended ones. */
  cancel(job: JobRow): void {
    deleteJob(this.#parts.db, job.id)
    this.#tally.ended(job, 'cancelled', this.#parts.nowMs())
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
      const errors = this.#errorsWith(job, 'rescue', reason)
      this.#unproven(job)
      const delayMs = rescueDelayMs(rescues)
      if (job.cancelAskedAtMs !== null) this.cancel(job)
      else if (rescues > MOST_RESCUES) this.#bury({ ...job, rescues, errors: JSON.stringify(errors) }, 'crash loop')
      else if (delayMs > 0) this.#schedule(job, delayMs, { rescues, errors })
      else this.#return(job, { rescues, errors })
    }
    if (lost.length > 0) this.#parts.log.warn({ jobs: lost.length, reason }, 'running jobs went back to their queues')
    return lost.length
  }

  #offline(job: JobRow, { reason, target = job.target ?? undefined }: { reason: string; target?: string }): void {
    const offlines = job.offlines + 1
    const errors = this.#errorsWith(withoutLastOffline(job), 'offline', reason)
    if (target === undefined) {
      this.#schedule(job, offlineDelayMs(offlines), { offlines, errors })
      return
    }
    const heldBy = this.#holds.targetDown(target, job.id, reason)
    // What an operator wanted at once has been tried; now it waits like the others.
    const ord = job.ord === URGENT_ORD ? placeFrom(job.queue as QueueName, this.#parts.nowMs()) : null
    this.#putBack(job, { offlines, errors, target, heldBy, state: 'scheduled', runAtMs: null, ord })
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

  /** Its work is done, unless it was ordered again since it began. */
  #leave(job: RunRow): void {
    const { db, nowMs } = this.#parts
    if (job.again === 1 && job.cancelAskedAtMs === null)
      startAnew(db, job.id, placeFrom(job.queue as QueueName, nowMs()), nowMs())
    else deleteJob(db, job.id)
  }

  #heard(job: RunRow, silent: string | undefined, ranMs: number): void {
    if (silent === undefined) this.#answered(job, ranMs)
    else if (job.target !== null) this.#holds.targetDown(job.target, job.id, silent)
  }

  #answered(job: RunRow, ranMs: number): void {
    if (job.target !== null) this.#holds.targetAnswered(job.target, ranMs)
  }

  #unproven(job: JobRow): void {
    if (job.target !== null) this.#holds.targetUnproven(job.target, job.id)
  }

  #schedule(job: JobRow, delayMs: number, change: Change): void {
    const runAtMs = Math.ceil(this.#parts.nowMs() + Math.max(0, delayMs))
    const state = delayMs > 0 ? 'scheduled' : 'ready'
    this.#putBack(job, { ...change, state, runAtMs, ord: placeFrom(job.queue as QueueName, runAtMs) })
  }

  /** Through no fault of its own the job did not end: it takes its old place. */
  #return(job: JobRow, change: Change): void {
    this.#putBack(job, { ...change, state: 'ready', runAtMs: null, ord: null })
  }

  #putBack(job: JobRow, change: Change & Pick<Parameters<typeof putBack>[2], 'state' | 'ord' | 'runAtMs'>): void {
    const { attempt, rescues, offlines, target } = job
    const as = { heldBy: null, target, attempt, rescues, offlines, errors: errorsOf(job) }
    putBack(this.#parts.db, job.id, { ...as, ...change })
  }

  #fail(job: JobRow, kind: JobError['kind'], message: string, delayMs?: number): void {
    const attempt = job.attempt + 1
    const errors = this.#errorsWith({ ...job, attempt }, kind, message)
    if (attempt >= job.maxAttempts) {
      if (job.again === 1) this.#leave(job)
      else this.#bury({ ...job, attempt, errors: JSON.stringify(errors) }, message)
      return
    }
    const { definition } = kindOf(this.#parts.kinds, job.name)
    this.#schedule(job, delayMs ?? retryDelayMs(attempt, definition.backoffMs), { attempt, errors, offlines: 0 })
  }

  #bury(job: JobRow, reason: string): void {
    insertFailedJob(this.#parts.db, job, reason.slice(0, MOST_TEXT), this.#parts.nowMs())
    deleteJob(this.#parts.db, job.id)
    this.#parts.failed(job, reason)
  }

  #errorsWith(job: JobRow, kind: JobError['kind'], message: string): JobError[] {
    return [
      ...errorsOf(job).slice(1 - MOST_ERRORS),
      { attempt: job.attempt, epoch: job.epoch, atMs: this.#parts.nowMs(), kind, message: message.slice(0, MOST_TEXT) },
    ]
  }
}

const FAILED_RUNS: readonly RunEnd['kind'][] = ['discard', 'retry', 'retry-after', 'threw', 'timed-out']

interface Change {
  heldBy?: string
  target?: string
  attempt?: number
  rescues?: number
  offlines?: number
  errors?: JobError[]
}

/** A day without the far end is one error, not a thousand. */
function withoutLastOffline(job: JobRow): JobRow {
  const errors = errorsOf(job)
  return errors.at(-1)?.kind === 'offline' ? { ...job, errors: JSON.stringify(errors.slice(0, -1)) } : job
}
