import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import type { Gauges } from './gauges.ts'
import type { MachineSample } from './machine.ts'

/** How the box and the daemon fare at one moment. */
export interface SystemSample extends MachineSample, Gauges {
  jobsReady: number
  jobsRunning: number
  jobsFailed: number
  /** How long the oldest ready job has waited; null when none waits. */
  oldestReadyMs: number | null
  jobsPerSecond: number
}

/** One row is kept for each of these, with the newest sample in it. */
const SLOT_MS = 5 * 60_000
/** Thirty days of rows. By number, because the clock may be wrong. */
const KEPT_ROWS = (30 * 24 * 3_600_000) / SLOT_MS

/** Live views hear of every sample; the history keeps one for every five minutes. */
export const recordSystemMetrics = command('metrics.record', ({ db, journal, nowMs }, sample: SystemSample) => {
  const text = JSON.stringify(sample)
  const slotMs = nowMs - (nowMs % SLOT_MS)
  const { changes } = sql(
    db,
    'UPDATE system_metrics SET sample = ? WHERE id = (SELECT max(id) FROM system_metrics) AND at_ms = ?',
  ).run(text, slotMs)
  if (changes === 0) sql(db, 'INSERT INTO system_metrics (at_ms, sample) VALUES (?, ?)').run(slotMs, text)
  journal.announce({ type: 'metrics.collected', data: { ...sample } })
})

/** At most `limit` of those that are too many; says how many went. */
export const pruneSystemMetrics = command('metrics.prune', ({ db }, { limit }: { limit: number }) =>
  Number(
    sql(
      db,
      `DELETE FROM system_metrics WHERE id IN (
         SELECT id FROM system_metrics ORDER BY id DESC LIMIT ? OFFSET ${KEPT_ROWS})`,
    ).run(limit).changes,
  ),
)

export function newestSystemSample(db: Db): SystemSample | undefined {
  const text = sql(db, 'SELECT sample FROM system_metrics ORDER BY id DESC LIMIT 1').pluck().get() as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}
