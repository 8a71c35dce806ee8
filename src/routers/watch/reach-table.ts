import { type Db, sql } from '../../store/database.ts'

/** How a router was found last. `reason` says why it is not online. */
export interface ReachRow {
  routerId: number
  online: 0 | 1
  reason: string | null
  uptimeSeconds: number | null
  checkedAtMs: number
  changedAtMs: number
  seenAtMs: number | null
  /** Since when what is behind it has no Internet. */
  downSinceMs: number | null
}

const COLUMNS = `router_id AS routerId, online, reason, uptime_seconds AS uptimeSeconds, checked_at_ms AS checkedAtMs,
  changed_at_ms AS changedAtMs, seen_at_ms AS seenAtMs, down_since_ms AS downSinceMs`

/** Undefined while nobody has looked. */
export function reachOf(db: Db, routerId: number): ReachRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM router_reach WHERE router_id = ?`).get(routerId) as ReachRow | undefined
}

export const isOnline = (db: Db, routerId: number): boolean => reachOf(db, routerId)?.online === 1
