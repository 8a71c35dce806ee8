import { type Db, sql } from '../store/database.ts'
import { readCloudCursor } from './cloud-cursor.ts'
import { command } from './command.ts'
import { lastSeq } from './journal.ts'

const DAY_MS = 24 * 3_600_000
const JOURNAL_KEPT_MS = 90 * DAY_MS
/** The newest stay whatever the clock says: it may have been set to a year that has not come. */
const ENTRIES_KEPT = 20_000
const BOOTS_KEPT = 1_000
const FAILURES_KEPT_MS = 90 * DAY_MS
const FAILURES_KEPT = 1_000

/**
 * Forgets old facts from the beginning on, at most `limit`, and never one that the cloud still has to get. Payments, their
 * history and the audit are not facts of the journal and stay. Returns how many went.
 */
export const pruneJournal = command(
  'journal.prune',
  ({ db, nowMs }, { limit, hasCloud }: { limit: number; hasCloud: boolean }) => {
    const upTo = Math.min(lastSeq(db) - ENTRIES_KEPT, hasCloud ? readCloudCursor(db) : Number.MAX_SAFE_INTEGER)
    const oldest = sql(db, 'SELECT seq, at_ms AS atMs FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?').all(
      upTo,
      limit,
    ) as { seq: number; atMs: number }[]
    const isOld = (atMs: number) => atMs < nowMs - JOURNAL_KEPT_MS || atMs > nowMs + DAY_MS
    const young = oldest.findIndex(({ atMs }) => !isOld(atMs))
    const going = young === -1 ? oldest : oldest.slice(0, young)
    return sql(db, 'DELETE FROM journal WHERE seq <= ?').run(going.at(-1)?.seq ?? 0).changes
  },
)

export const pruneBoots = command('boots.prune', ({ db }, { limit }: { limit: number }) => {
  const old = `SELECT number FROM boots WHERE number <= (SELECT max(number) FROM boots) - ${BOOTS_KEPT} ORDER BY number LIMIT ?`
  return sql(db, `DELETE FROM boots WHERE number IN (${old})`).run(limit).changes
})

/** Failed jobs from before this time are forgotten; the newest thousand stay, whatever the clock says. */
export function oldFailuresEndMs(db: Db, nowMs: number): number {
  const newest = 'SELECT failed_at_ms FROM failed_jobs ORDER BY failed_at_ms DESC LIMIT 1 OFFSET ?'
  const keptFromMs = sql(db, newest).pluck().get(FAILURES_KEPT) as number | undefined
  return Math.min(nowMs - FAILURES_KEPT_MS, keptFromMs ?? 0)
}
