import { type Db, sql } from '../store/database.ts'
import { type PoolName, poolNames, type QueueName, queueNames, queues } from './queues.ts'

export interface QueueStats {
  name: QueueName
  priority: number
  pool: PoolName
  ready: number
  running: number
  scheduled: number
  failed: number
  /** How long the oldest ready job has waited; null when none waits. */
  oldestReadyMs: number | null
}

export interface PoolStats {
  name: PoolName
  workers: number
  busy: number
}

/** The twelve queues in their order, and the pools that serve them. */
export function queueStats(
  db: Db,
  workers: Readonly<Record<PoolName, number>>,
  nowMs: number,
): { queues: QueueStats[]; pools: PoolStats[]; jobsPerSecond: number } {
  const live = sql(
    db,
    'SELECT queue, state, count(*) AS jobs, min(run_at_ms) AS oldestMs FROM jobs GROUP BY queue, state',
  ).all() as {
    queue: string
    state: string
    jobs: number
    oldestMs: number
  }[]
  const failed = sql(db, 'SELECT queue, count(*) AS jobs FROM failed_jobs GROUP BY queue').all() as {
    queue: string
    jobs: number
  }[]
  const of = (queue: string, state: string) => live.find((row) => row.queue === queue && row.state === state)
  const all = queueNames.map((name, index) => {
    const ready = of(name, 'ready')
    return {
      name,
      priority: index + 1,
      pool: queues[name].pool,
      ready: ready?.jobs ?? 0,
      running: of(name, 'running')?.jobs ?? 0,
      scheduled: of(name, 'scheduled')?.jobs ?? 0,
      failed: failed.find((row) => row.queue === name)?.jobs ?? 0,
      oldestReadyMs: ready ? Math.max(0, nowMs - ready.oldestMs) : null,
    }
  })
  const pools = poolNames.map((name) => ({
    name,
    workers: workers[name],
    busy: all.filter((queue) => queue.pool === name).reduce((sum, queue) => sum + queue.running, 0),
  }))
  return { queues: all, pools, jobsPerSecond: jobsPerSecond(db, nowMs) }
}

const MINUTE_MS = 60_000
const KEPT_MS = 24 * 60 * MINUTE_MS

export function countDone(db: Db, nowMs: number): void {
  const minuteMs = nowMs - (nowMs % MINUTE_MS)
  const { done } = sql(
    db,
    'INSERT INTO jobs_done (minute_ms, done) VALUES (?, 1) ON CONFLICT (minute_ms) DO UPDATE SET done = done + 1 RETURNING done',
  ).get(minuteMs) as { done: number }
  if (done === 1) sql(db, 'DELETE FROM jobs_done WHERE minute_ms < ?').run(nowMs - KEPT_MS)
}

/** Over the last 60 s: this minute, and of the one before as much as still belongs to them. */
function jobsPerSecond(db: Db, nowMs: number): number {
  const intoMinuteMs = nowMs % MINUTE_MS
  const minuteMs = nowMs - intoMinuteMs
  const doneIn = (startMs: number) =>
    (sql(db, 'SELECT done FROM jobs_done WHERE minute_ms = ?').pluck().get(startMs) as number | undefined) ?? 0
  const done = doneIn(minuteMs) + (doneIn(minuteMs - MINUTE_MS) * (MINUTE_MS - intoMinuteMs)) / MINUTE_MS
  return Math.round((done / 60) * 100) / 100
}
