import { MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from '../store/database.ts'
import type { Fence } from '../store/protocol.ts'
import { insertFailedJob } from './failed-job-table.ts'
import { type JobKinds, kindOf } from './job-kinds.ts'
import type { JobOutcome } from './job-outcome.ts'
import { deleteJob, errorsOf, isOurs, type JobError, type JobRow, jobById, putBack, runningJobs } from './job-table.ts'
import { countDone } from './queue-stats.ts'
import { placeFrom, type QueueName } from './queues.ts'
import { offlineDelayMs, retryDelayMs } from './retry-policy.ts'

/** A run that ended, as the work thread tells it. */
export type RunEnd = JobOutcome | { kind: 'threw' | 'timed-out'; message: string } | { kind: 'released' }

/** After so many runs lost to power cuts or crashes, the job itself is the likely cause. */
const MOST_RESCUES = 10

/** Characters kept of an error; a stack trace fits. */
const MOST_TEXT = 2_000

export interface QueueParts {
  db: Db
  kinds: JobKinds
  /** This start's number: whose runs are ours. */
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
 */
export class RunEnds {
  readonly #parts: QueueParts

  constructor(parts: QueueParts) {
    this.#parts = parts
  }

  /** Throws `stale-run` unless the sender still owns the job. */
  assertOurs({ jobId, epoch }: Fence): void {
    if (!isOurs(this.#parts.db, jobId, epoch, this.#parts.boot)) {
      throw new MlangoError('stale-run', `Job ${jobId} is no longer run ${epoch}'s`)
    }
  }

  /** Ends a run. The caller has performed the effects in the same savepoint. Throws `stale-run` for an old epoch. */
  finish(fence: Fence, end: RunEnd): void {
    this.assertOurs(fence)
    const job = jobById(this.#parts.db, fence.jobId) as JobRow
    switch (end.kind) {
      case 'done':
        deleteJob(this.#parts.db, job.id)
        countDone(this.#parts.db, this.#parts.nowMs())
        return
      case 'discard':
        this.#bury(job, end.reason)
        return
      case 'snooze':
        this.#schedule(job, end.delayMs, { offlines: 0 })
        return
      case 'offline':
        this.#schedule(job, offlineDelayMs(job.offlines + 1), {
          offlines: job.offlines + 1,
          errors: this.#errorsWith(withoutLastOffline(job), 'offline', end.reason),
        })
        return
      case 'released':
        this.#return(job, {})
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
    const lost = runningJobs(this.#parts.db)
    for (const job of lost) {
      const rescues = job.rescues + 1
      const errors = this.#errorsWith(job, 'rescue', reason)
      if (rescues > MOST_RESCUES) this.#bury({ ...job, rescues, errors: JSON.stringify(errors) }, 'crash loop')
      else this.#return(job, { rescues, errors })
    }
    if (lost.length > 0) this.#parts.log.warn({ jobs: lost.length, reason }, 'running jobs went back to their queues')
    return lost.length
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
    const { attempt, rescues, offlines } = job
    putBack(this.#parts.db, job.id, { attempt, rescues, offlines, errors: errorsOf(job), ...change })
  }

  #fail(job: JobRow, kind: JobError['kind'], message: string): void {
    const attempt = job.attempt + 1
    const errors = this.#errorsWith({ ...job, attempt }, kind, message)
    if (attempt >= job.maxAttempts) {
      this.#bury({ ...job, attempt, errors: JSON.stringify(errors) }, message)
      return
    }
    const { definition } = kindOf(this.#parts.kinds, job.name)
    this.#schedule(job, retryDelayMs(attempt, definition.backoffMs), { attempt, errors, offlines: 0 })
  }

  #bury(job: JobRow, reason: string): void {
    insertFailedJob(this.#parts.db, job, reason.slice(0, MOST_TEXT), this.#parts.nowMs())
    deleteJob(this.#parts.db, job.id)
    this.#parts.failed(job, reason)
  }

  #errorsWith(job: JobRow, kind: JobError['kind'], message: string): JobError[] {
    return [
      ...errorsOf(job),
      { attempt: job.attempt, epoch: job.epoch, atMs: this.#parts.nowMs(), kind, message: message.slice(0, MOST_TEXT) },
    ]
  }
}

interface Change {
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
