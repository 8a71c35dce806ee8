import { type Db, sql } from '../store/database.ts'
import { type JobRow, merged } from './job-table.ts'
import { type PoolName, poolNames, type QueueName, queueNames, queues } from './queues.ts'

/** What the claim must know of a ready job. */
export type ReadyJob = Pick<
  JobRow,
  'id' | 'name' | 'queue' | 'ord' | 'payload' | 'target' | 'attempt' | 'epoch' | 'progress' | 'errors'
>

const bestReadyText = (names: readonly QueueName[], local: 0 | 1, more = '') =>
  `${merged(
    names,
    (ofQueue) =>
      `SELECT id, name, queue, ord, payload, target, attempt, epoch, progress, errors FROM jobs INDEXED BY jobs_ready
       WHERE state = 'ready' AND ${ofQueue} AND local = ${local}${more}`,
  )} ORDER BY ord, id LIMIT ?`
const ofPool = (pool: PoolName) => queueNames.filter((queue) => queues[queue].pool === pool)
const BEST_READY = Object.fromEntries(
  poolNames.map((pool) => [pool, [bestReadyText(ofPool(pool), 0), bestReadyText(ofPool(pool), 1)] as const]),
) as Record<PoolName, readonly [string, string]>

/**
 * Ready jobs that are passed over. A name costs a look at each ready job that has it, so a queue in which hundreds may have
 * one is named as a whole.
 */
export interface PassedOver {
  queues: readonly QueueName[]
  names: readonly string[]
}

/** The best ready jobs of a pool, local ones or others, best first. */
export function bestReady(db: Db, pool: PoolName, local: 0 | 1, limit: number, passing?: PassedOver) {
  const text = passing === undefined ? BEST_READY[pool][local] : passingText(pool, local, passing)
  return text === undefined ? [] : (sql(db, text).all(limit) as ReadyJob[])
}

/** Undefined when no queue is left. */
function passingText(pool: PoolName, local: 0 | 1, passing: PassedOver): string | undefined {
  const left = ofPool(pool).filter((queue) => !passing.queues.includes(queue))
  const but = passing.names.length === 0 ? '' : ` AND name NOT IN (${listed(passing.names)})`
  return left.length === 0 ? undefined : bestReadyText(left, local, but)
}

/** Marks which jobs are local: another release, for which other kinds were, may have made them. */
export function markLocal(db: Db, kinds: readonly string[]): void {
  const isLocal = `(name IN (${listed(kinds)}))`
  sql(db, `UPDATE jobs SET local = ${isLocal} WHERE local <> ${isLocal}`).run()
}

/** Names of our own catalogue, which are words and hyphens. */
const listed = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')

/** Ready jobs become ours. Every claim raises the epoch, which fences whoever ran the job before. */
export function claimJobs(db: Db, jobIds: readonly number[], owner: number, nowMs: number): void {
  sql(
    db,
    `UPDATE jobs SET state = 'running', owner = ?, epoch = epoch + 1, started_at_ms = ?, again = 0
     WHERE id IN (SELECT value FROM json_each(?))`,
  ).run(owner, nowMs, JSON.stringify(jobIds))
}

/** How many jobs run, by what they are. */
export function countRunning(db: Db): { pool: string; local: 0 | 1; name: string; jobs: number }[] {
  return sql(
    db,
    "SELECT pool, local, name, count(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY pool, local, name",
  ).all() as ReturnType<typeof countRunning>
}

/** The local jobs of a pool that run, each with its errors. */
export function localRunning(db: Db, pool: PoolName): Pick<JobRow, 'errors'>[] {
  return sql(db, "SELECT errors FROM jobs WHERE state = 'running' AND pool = ? AND local = 1").all(pool) as ReturnType<
    typeof localRunning
  >
}
