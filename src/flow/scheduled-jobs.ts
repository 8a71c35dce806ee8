import { type Db, sql } from '../store/database.ts'
import { merged } from './job-table.ts'
import { queueNames } from './queues.ts'

const scheduled = (columns: string, more = '') =>
  merged(
    queueNames,
    (ofQueue) => `SELECT ${columns} FROM jobs WHERE state = 'scheduled' AND held_by IS NULL AND ${ofQueue}${more}`,
  )
const DUE = `${scheduled('id, queue, run_at_ms', ' AND run_at_ms <= :nowMs')} ORDER BY run_at_ms LIMIT 1000`
const SOONEST = `${scheduled('id, run_at_ms AS runAtMs')} ORDER BY runAtMs, id LIMIT 1`

/** Scheduled jobs whose time has come become ready, each at the place that `ordOf` gives its queue. Returns how many, at most 1,000. */
export function promoteDue(db: Db, nowMs: number, ordOf: (queue: string) => number): number {
  const due = sql(db, DUE).all({ nowMs }) as { id: number; queue: string }[]
  for (const { id, queue } of due) {
    sql(db, "UPDATE jobs SET state = 'ready', ord = ? WHERE id = ?").run(ordOf(queue), id)
  }
  return due.length
}

export function nextRunAtMs(db: Db): number | undefined {
  return soonest(db)?.runAtMs
}

/** The scheduled job that is due soonest. */
export function soonestScheduled(db: Db): number | undefined {
  return soonest(db)?.id
}

function soonest(db: Db): { id: number; runAtMs: number } | undefined {
  return sql(db, SOONEST).get() as { id: number; runAtMs: number } | undefined
}
