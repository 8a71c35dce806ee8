import { type Db, sql } from '../store/database.ts'

/** A reason why ready jobs are kept back. */
export interface HoldRow {
  key: string
  kind: 'queue' | 'target' | 'rate'
  reason: string
  sinceMs: number
  /** Looked at again then; null: when somebody says so. */
  untilMs: number | null
  /** How often in a row the target was found down. */
  failures: number
  /** The one job that is let through to see whether the target is back. */
  probeJobId: number | null
  /** Over: nothing is held by it any more, and what it holds goes back to the queues a batch at a time. */
  lifted: 0 | 1
}

const COLUMNS = `key, kind, reason, since_ms AS sinceMs, until_ms AS untilMs, failures, probe_job_id AS probeJobId, lifted`

export function anyHold(db: Db): boolean {
  return sql(db, 'SELECT 1 FROM holds LIMIT 1').get() !== undefined
}

export function holdByKey(db: Db, key: string): HoldRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM holds WHERE key = ?`).get(key) as HoldRow | undefined
}

/** Holds that are not over, each with how many jobs it keeps back. */
export function holdsOfKind(db: Db, kind: HoldRow['kind']): (HoldRow & { held: number })[] {
  return sql(
    db,
    `SELECT ${COLUMNS}, (SELECT count(*) FROM jobs WHERE held_by = key) AS held FROM holds WHERE kind = ? AND lifted = 0 ORDER BY key`,
  ).all(kind) as (HoldRow & { held: number })[]
}

export function dueHolds(db: Db, nowMs: number): HoldRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM holds WHERE until_ms <= ? ORDER BY until_ms LIMIT 100`).all(nowMs) as HoldRow[]
}

export function nextHoldDueMs(db: Db): number | undefined {
  const at = sql(db, 'SELECT min(until_ms) FROM holds WHERE until_ms IS NOT NULL').pluck().get() as number | null
  return at ?? undefined
}

export function putHold(db: Db, hold: HoldRow): void {
  sql(
    db,
    `INSERT INTO holds (key, kind, reason, since_ms, until_ms, failures, probe_job_id, lifted)
     VALUES (:key, :kind, :reason, :sinceMs, :untilMs, :failures, :probeJobId, :lifted)
     ON CONFLICT (key) DO UPDATE SET reason = excluded.reason, since_ms = excluded.since_ms, until_ms = excluded.until_ms,
       failures = excluded.failures, probe_job_id = excluded.probe_job_id, lifted = excluded.lifted`,
  ).run(hold)
}

export function deleteHold(db: Db, key: string): void {
  sql(db, 'DELETE FROM holds WHERE key = ?').run(key)
}

export function holdJob(db: Db, jobId: number, key: string): void {
  sql(db, "UPDATE jobs SET state = 'scheduled', held_by = ? WHERE id = ?").run(key, jobId)
}

/** The best held jobs become ready again, in their old places. Returns their ids. */
export function letGo(db: Db, key: string, limit: number): number[] {
  return sql(
    db,
    `UPDATE jobs SET state = 'ready', held_by = NULL
     WHERE id IN (SELECT id FROM jobs WHERE held_by = ? ORDER BY ord, id LIMIT ?) RETURNING id`,
  )
    .pluck()
    .all(key, limit) as number[]
}

/** Holds that count from when they began, not by the wall clock's time. */
export function shiftHolds(db: Db, byMs: number): void {
  sql(
    db,
    "UPDATE holds SET until_ms = until_ms + :byMs, since_ms = since_ms + :byMs WHERE kind <> 'queue' AND until_ms IS NOT NULL",
  ).run({ byMs })
  sql(db, 'UPDATE rates SET full_again_at_ms = full_again_at_ms + ?').run(byMs)
}
