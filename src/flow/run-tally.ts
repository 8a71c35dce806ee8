import type { Db } from '../store/database.ts'
import { type EndedJobRow, insertEndedJob } from './ended-job-table.ts'
import type { JobRow } from './job-table.ts'
import { addToMinute, deleteMinutesBefore, noRuns, type RunCounts } from './queue-minute-table.ts'
import type { QueueName } from './queues.ts'
import { forgetFullRates } from './rates.ts'
import { addTime } from './run-times.ts'

const MINUTE_MS = 60_000
const KEPT_MS = 14 * 24 * 60 * MINUTE_MS

/** Done jobs of one commit that are kept to be looked at. Cancelled ones all are. */
const MOST_SHOWN = 10

/**
 * What the runs of one group commit came to, written once before its end: a row per job would cost a flood a fifth of its
 * speed. The group's failure takes the tally with it.
 */
export class RunTally {
  readonly #db: Db
  #byQueue = new Map<QueueName, RunCounts>()
  #ended: Omit<EndedJobRow, 'place'>[] = []

  constructor(db: Db) {
    this.#db = db
  }

  /** `ranMs`: how long the handler had it; undefined when it never ran. */
  add(job: JobRow, outcome: 'done' | 'failed' | 'other', nowMs: number, ranMs: number | undefined): void {
    const queue = job.queue as QueueName
    const counts = this.#byQueue.get(queue) ?? noRuns()
    this.#byQueue.set(queue, counts)
    if (outcome === 'done') counts.done += 1
    else if (outcome === 'failed') counts.failedRuns += 1
    else counts.otherRuns += 1
    if (ranMs === undefined) return
    addTime(counts.runs, ranMs)
    addTime(counts.waits, nowMs - ranMs - job.runAtMs)
  }

  ended(job: JobRow, outcome: EndedJobRow['outcome'], nowMs: number): void {
    if (outcome === 'done' && this.#ended.length >= MOST_SHOWN) return
    const { id, name, queue, payload, attempt, rescues, errors, createdAtMs, startedAtMs } = job
    const row = { id, name, queue, outcome, payload, attempt, rescues, errors, createdAtMs, startedAtMs }
    this.#ended.push({ ...row, endedAtMs: nowMs })
  }

  write(nowMs: number): void {
    const minuteMs = nowMs - (nowMs % MINUTE_MS)
    for (const [queue, counts] of this.#byQueue) {
      const first = addToMinute(this.#db, minuteMs, queue, counts)
      if (!first) continue
      deleteMinutesBefore(this.#db, nowMs - KEPT_MS)
      forgetFullRates(this.#db, nowMs)
    }
    for (const job of this.#ended) insertEndedJob(this.#db, job)
    this.clear()
  }

  clear(): void {
    this.#byQueue = new Map()
    this.#ended = []
  }
}
