import { type Db, sql } from '../store/database.ts'
import { holdsOfKind } from './hold-table.ts'
import { countJobs, oldestReadyAtMs } from './job-list.ts'
import { addRuns, noRuns, queueMinutes } from './queue-minute-table.ts'
import { type PoolName, poolNames, type QueueName, queueNames, queues } from './queues.ts'
import { timeAt } from './run-times.ts'

export interface QueueStats {
  name: QueueName
  priority: number
  pool: PoolName
  ready: number
  running: number
  scheduled: number
  /** Ready, but kept back: the queue is paused, a target is down, a rate is used up. */
  held: number
  failed: number
  /** How long the oldest ready job has waited; null when none waits. */
  oldestReadyMs: number | null
  /** `reason`: empty when nobody gave one. */
  paused: { sinceMs: number; untilMs: number | null; reason: string } | null
  /** Of the runs of the last hour, ms: from a job's time to its start, and from there to its end. */
  wait: Percentiles
  run: Percentiles
}

interface Percentiles {
  p50Ms: number | null
  p99Ms: number | null
}

export interface PoolStats {
  name: PoolName
  workers: number
  busy: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The twelve queues in their order, and the pools that serve them. */
export function queueStats(
  db: Db,
  workers: Readonly<Record<PoolName, number>>,
  nowMs: number,
): { queues: QueueStats[]; pools: PoolStats[]; jobsPerSecond: number } {
  const failed = sql(db, 'SELECT queue, count(*) AS jobs FROM failed_jobs GROUP BY queue').all() as {
    queue: string
    jobs: number
  }[]
  const pauses = new Map(holdsOfKind(db, 'queue').map((hold) => [hold.key, hold]))
  const minutes = queueMinutes(db, nowMs - HOUR_MS)
  const all = queueNames.map((name, index) => {
    const oldestAtMs = oldestReadyAtMs(db, name)
    const pause = pauses.get(`queue ${name}`)
    const { waits, runs } = minutes.filter(({ queue }) => queue === name).reduce(addRuns, noRuns())
    return {
      name,
      priority: index + 1,
      pool: queues[name].pool,
      ...countJobs(db, name),
      failed: failed.find((row) => row.queue === name)?.jobs ?? 0,
      oldestReadyMs: oldestAtMs === undefined ? null : Math.max(0, nowMs - oldestAtMs),
      paused: pause ? { sinceMs: pause.sinceMs, untilMs: pause.untilMs, reason: pause.reason } : null,
      wait: { p50Ms: timeAt(waits, 50), p99Ms: timeAt(waits, 99) },
      run: { p50Ms: timeAt(runs, 50), p99Ms: timeAt(runs, 99) },
    }
  })
  const pools = poolNames.map((name) => ({
    name,
    workers: workers[name],
    busy: all.filter((queue) => queue.pool === name).reduce((sum, queue) => sum + queue.running, 0),
  }))
  return { queues: all, pools, jobsPerSecond: jobsPerSecond(db, nowMs) }
}

/** Over the last 60 s: this minute, and of the one before as much as still belongs to them. */
function jobsPerSecond(db: Db, nowMs: number): number {
  const intoMinuteMs = nowMs % MINUTE_MS
  const minuteMs = nowMs - intoMinuteMs
  const minutes = queueMinutes(db, minuteMs - MINUTE_MS)
  const doneIn = (startMs: number) =>
    minutes.filter((minute) => minute.minuteMs === startMs).reduce((sum, { done }) => sum + done, 0)
  const done = doneIn(minuteMs) + (doneIn(minuteMs - MINUTE_MS) * (MINUTE_MS - intoMinuteMs)) / MINUTE_MS
  return Math.round((done / 60) * 100) / 100
}
