import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'

/** A time in which nobody behind this router had Internet. */
export interface Outage {
  routerId: number
  reason: 'router' | 'uplink'
  beganAtMs: number
  endedAtMs: number
}

/** SQL: its times by the clock of now. */
export const OUTAGE_TIMES = 'began_at_ms + moved_ms AS beganAtMs, ended_at_ms + end_moved_ms AS endedAtMs'

/** Written down in the commit that tells of it: from then on it follows the clock, however long its credit waits. */
export const keepOutage = command('outages.keep', ({ db }, told: Outage) => {
  sql(
    db,
    `INSERT INTO outages (router_id, reason, began_at_ms, ended_at_ms) VALUES (:routerId, :reason, :beganAtMs, :endedAtMs)
     ON CONFLICT (router_id, began_at_ms) DO NOTHING`,
  ).run(told)
})

/** What was told under these times; the clock may have been set since. Undefined when nobody has kept it. */
export function keptOutage(db: Db, { routerId, beganAtMs }: Outage): (Outage & { id: number }) | undefined {
  return sql(
    db,
    `SELECT id, router_id AS routerId, reason, ${OUTAGE_TIMES} FROM outages WHERE router_id = ? AND began_at_ms = ?`,
  ).get(routerId, beganAtMs) as (Outage & { id: number }) | undefined
}

/** What was lost and given back, newest first. */
export interface OutageRow extends Outage {
  id: number
  grants: number
  seconds: number
}

export function recentOutages(db: Db, limit: number, beforeId = Number.MAX_SAFE_INTEGER): OutageRow[] {
  return sql(
    db,
    `SELECT id, router_id AS routerId, reason, ${OUTAGE_TIMES},
       (SELECT count(*) FROM outage_credits WHERE outage_id = outages.id AND seconds > 0) AS grants,
       (SELECT coalesce(sum(seconds), 0) FROM outage_credits WHERE outage_id = outages.id)
         - (SELECT coalesce(sum(paused.seconds), 0) FROM outage_credits JOIN outage_credits_paused AS paused USING (grant_id, outage_id)
            WHERE outage_id = outages.id) AS seconds
     FROM outages WHERE id < ? ORDER BY id DESC LIMIT ?`,
  ).all(beforeId, limit) as OutageRow[]
}

/** A router may come and go all day: so many that gave nobody anything are enough to look at, and more than wait for their credit. */
const KEPT = 1_000

/** Forgets the oldest that gave nobody anything, at most `limit`; what gave time back stays for good. Returns how many went. */
export const pruneOutages = command(
  'outages.prune',
  ({ db }, { limit }: { limit: number }) =>
    sql(
      db,
      `DELETE FROM outages WHERE id IN (
         SELECT id FROM outages WHERE id <= (SELECT max(id) FROM outages) - ${KEPT}
           AND NOT EXISTS (SELECT 1 FROM outage_credits WHERE outage_id = outages.id) ORDER BY id LIMIT ?)`,
    ).run(limit).changes,
)

export const outageCommands = [keepOutage, pruneOutages]
