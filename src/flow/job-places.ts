import { insertFailedJob } from './failed-job-table.ts'
import type { Holds } from './holds.ts'
import { kindOf } from './job-kinds.ts'
import {
  deleteJob,
  errorsOf,
  type JobError,
  type JobRow,
  putBack,
  type RunRow,
  startAnew,
  URGENT_ORD,
} from './job-table.ts'
import type { QueueParts } from './queue-parts.ts'
import { placeFrom, type QueueName } from './queues.ts'
import { offlineDelayMs, retryDelayMs } from './retry-policy.ts'

/** How many characters of an error are kept; a stack trace fits. */
const MOST_TEXT = 2_000

/** How many errors of a job are kept; one that is retried by hand again and again must not grow for ever. */
const MOST_ERRORS = 50

/** Where a job goes when its run is over: out of the queue, back into it, or among the failed ones. */
export class JobPlaces {
  readonly #parts: QueueParts
  readonly #holds: Holds

  constructor(parts: QueueParts, holds: Holds) {
    this.#parts = parts
    this.#holds = holds
  }

  /** Whom it needs was not reached: it waits with the others for that target, or, without one, by itself. */
  waitForTarget(job: JobRow, { reason, target = job.target ?? undefined }: { reason: string; target?: string }): void {
    const offlines = job.offlines + 1
    const errors = this.errorsWith(withoutLastOffline(job), 'offline', reason)
    if (target === undefined) {
      this.schedule(job, offlineDelayMs(offlines), { offlines, errors })
      return
    }
    const heldBy = this.#holds.targetDown(target, job.id, reason)
    // What an operator wanted at once has been tried; now it waits like the others.
    const ord = job.ord === URGENT_ORD ? placeFrom(job.queue as QueueName, this.#parts.nowMs()) : null
    this.#putBack(job, { offlines, errors, target, heldBy, state: 'scheduled', runAtMs: null, ord })
  }

  /** Its work is done, unless it was ordered again since it began, or since it was cancelled. */
  leave(job: RunRow): void {
    const { db, nowMs } = this.#parts
    if (job.again === 1) startAnew(db, job.id, placeFrom(job.queue as QueueName, nowMs()), nowMs())
    else deleteJob(db, job.id)
  }

  schedule(job: JobRow, delayMs: number, change: Change): void {
    const runAtMs = Math.ceil(this.#parts.nowMs() + Math.max(0, delayMs))
    const state = delayMs > 0 ? 'scheduled' : 'ready'
    this.#putBack(job, { ...change, state, runAtMs, ord: placeFrom(job.queue as QueueName, runAtMs) })
  }

  /** Through no fault of its own the job did not end: it takes its old place. */
  giveBack(job: JobRow, change: Change): void {
    this.#putBack(job, { ...change, state: 'ready', runAtMs: null, ord: null })
  }

  #putBack(job: JobRow, change: Change & Pick<Parameters<typeof putBack>[2], 'state' | 'ord' | 'runAtMs'>): void {
    const { attempt, rescues, offlines, target } = job
    const as = { heldBy: null, target, attempt, rescues, offlines, errors: errorsOf(job) }
    putBack(this.#parts.db, job.id, { ...as, ...change })
  }

  /** The handler's own failure, which costs an attempt. */
  fail(job: JobRow, kind: JobError['kind'], message: string, delayMs?: number): void {
    const attempt = job.attempt + 1
    const errors = this.errorsWith({ ...job, attempt }, kind, message)
    if (attempt >= job.maxAttempts) {
      if (job.again === 1) this.leave(job)
      else this.bury({ ...job, attempt, errors: JSON.stringify(errors) }, message)
      return
    }
    const { definition } = kindOf(this.#parts.kinds, job.name)
    this.schedule(job, delayMs ?? retryDelayMs(attempt, definition.backoffMs), { attempt, errors, offlines: 0 })
  }

  /** Nobody tries it again until an operator says so. */
  bury(job: JobRow, reason: string): void {
    insertFailedJob(this.#parts.db, job, reason.slice(0, MOST_TEXT), this.#parts.nowMs())
    deleteJob(this.#parts.db, job.id)
    this.#parts.failed(job, reason)
  }

  errorsWith(job: JobRow, kind: JobError['kind'], message: string): JobError[] {
    return [
      ...errorsOf(job).slice(1 - MOST_ERRORS),
      { attempt: job.attempt, epoch: job.epoch, atMs: this.#parts.nowMs(), kind, message: message.slice(0, MOST_TEXT) },
    ]
  }
}

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
