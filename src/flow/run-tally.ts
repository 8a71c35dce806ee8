import type { Db } from '../store/database.ts'
import { type EndedJobRow, insertEndedJob } from './ended-job-table.ts'
import type { JobRow } from './job-table.ts'
import { addToMinute, deleteMinutesAfter, deleteMinutesBefore, noRuns, type RunCounts } from './queue-minute-table.ts'
import type { QueueName } from './queues.ts'
import { forgetFullRates } from './rates.ts'
import { addTime } from './run-times.ts'

const MINUTE_MS = 60_000
const KEPT_MS = 14 * 24 * 60 * MINUTE_MS

/** Counts are written no more often: a row per run would cost a flood a third of its speed. A power cut loses what is not written yet. */
const WRITE_MS = 1_000

/** How many of the jobs done between two writes are kept to be looked at. All cancelled ones are. */
const MOST_SHOWN = 10

type Minute = { minuteMs: number; queue: QueueName; counts: RunCounts }

/** What runs came to, on its way to the database. It is statistics: a commit that fails takes the uncounted along. */
export class RunTally {
  readonly #db: Db
  #minutes = new Map<string, Minute>()
  #ended: Omit<EndedJobRow, 'place'>[] = []
  #writtenAtMs = Number.NEGATIVE_INFINITY

  constructor(db: Db) {
    this.#db = db
  }

  /** `ranMs`: how long the handler took. */
  add(
    job: Pick<JobRow, 'queue' | 'runAtMs'>,
    outcome: 'done' | 'failed' | 'other',
    nowMs: number,
    ranMs: number,
  ): void {
    const { counts } = this.#minuteOf(job.queue as QueueName, nowMs - (nowMs % MINUTE_MS))
    if (outcome === 'done') counts.done += 1
    else if (outcome === 'failed') counts.failedRuns += 1
    else counts.otherRuns += 1
    addTime(counts.runs, ranMs)
    addTime(counts.waits, nowMs - ranMs - job.runAtMs)
  }

  /** Whether one more job that was done is kept to be looked at. */
  showsMore(): boolean {
    return this.#ended.length < MOST_SHOWN
  }

  ended(job: JobRow, outcome: EndedJobRow['outcome'], nowMs: number): void {
    const { id, name, queue, payload, attempt, rescues, errors, createdAtMs, startedAtMs } = job
    const row = { id, name, queue, outcome, payload, attempt, rescues, errors, createdAtMs, startedAtMs }
    this.#ended.push({ ...row, endedAtMs: nowMs })
  }

  /** When it wants to be written; Infinity when there is nothing. Whoever cancels a job looks at it at once. */
  dueMs(): number {
    if (this.#ended.some(({ outcome }) => outcome === 'cancelled')) return Number.NEGATIVE_INFINITY
    return this.#minutes.size + this.#ended.length === 0 ? Number.POSITIVE_INFINITY : this.#writtenAtMs + WRITE_MS
  }

  /** What cannot be written is dropped: it must not keep the jobs themselves from being handed out. */
  write(nowMs: number): void {
    const [minutes, ended] = [[...this.#minutes.values()], this.#ended]
    this.clear()
    this.#writtenAtMs = nowMs
    for (const { minuteMs, queue, counts } of minutes) {
      if (!addToMinute(this.#db, minuteMs, queue, counts)) continue
      deleteMinutesBefore(this.#db, nowMs - KEPT_MS)
      forgetFullRates(this.#db, nowMs)
    }
    for (const job of ended) insertEndedJob(this.#db, job)
  }

  /** Minutes that have not come yet were counted by a wrong clock; left there, they would be taken for the past at the next start. */
  forgetAfter(nowMs: number): void {
    this.#minutes.clear()
    deleteMinutesAfter(this.#db, nowMs)
  }

  clear(): void {
    this.#minutes.clear()
    this.#ended = []
  }

  #minuteOf(queue: QueueName, minuteMs: number): Minute {
    const key = `${minuteMs} ${queue}`
    const minute = this.#minutes.get(key) ?? { minuteMs, queue, counts: noRuns() }
    this.#minutes.set(key, minute)
    return minute
  }
}
