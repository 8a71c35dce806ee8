import { type Db, sql } from '../store/database.ts'
import type { SiteCalendar } from './site-calendar.ts'

/** Paid for this long without ever having been online: the promise is late. */
const LATE_MS = 60_000

export interface OnlineUser {
  username: string
  routerId: number
  sinceMs: number
  bytes: number
}

export interface AccessFigures {
  sessionsOpen: number
  online: { hotspot: number; pppoe: number }
  /** Rights to be online that let somebody in now, also those whose clock stands still until then. */
  grantsRunning: number
  paidNotConnected: number
  customers: number
  /** By state; a state without any is left out. */
  subscriptions: Record<string, number>
  /** Of the sessions that began since. */
  bytesToday: { up: number; down: number }
  bytesThisMonth: { up: number; down: number }
  /** The ten that came last. */
  onlineUsers: OnlineUser[]
}

export function accessFigures(db: Db, calendar: SiteCalendar, nowMs: number): AccessFigures {
  const number = (query: string, ...values: number[]) =>
    sql(db, query)
      .pluck()
      .get(...values) as number
  return {
    ...openSessions(db),
    grantsRunning: number(
      `SELECT (SELECT count(*) FROM grants WHERE ended_at_ms IS NULL AND paused_at_ms IS NULL AND expires_at_ms > ?)
        + (SELECT count(*) FROM grants WHERE paused_at_ms IS NOT NULL AND paused_by IS NULL AND ended_at_ms IS NULL)`,
      nowMs,
    ),
    paidNotConnected: paidNotConnected(db, nowMs),
    customers: number('SELECT count(*) FROM customers'),
    subscriptions: Object.fromEntries(
      sql(db, 'SELECT state, count(*) FROM subscriptions GROUP BY state').raw().all() as [string, number][],
    ),
    bytesToday: bytesSince(db, calendar.dayMs),
    bytesThisMonth: bytesSince(db, calendar.monthMs),
    onlineUsers: sql(
      db,
      `SELECT username, router_id AS routerId, started_at_ms AS sinceMs, input_bytes + output_bytes AS bytes
       FROM sessions INDEXED BY sessions_open_by_update WHERE stopped_at_ms IS NULL ORDER BY id DESC LIMIT 10`,
    ).all() as OnlineUser[],
  }
}

export function paidNotConnected(db: Db, nowMs: number): number {
  return sql(
    db,
    `SELECT count(*) FROM grants INDEXED BY grants_never_online WHERE ended_at_ms IS NULL AND source = 'payment' AND mac_address IS NOT NULL
       AND online_at_ms IS NULL AND starts_at_ms < ? AND EXISTS (SELECT 1 FROM grant_parts WHERE grant_id = grants.id)
       AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.id = source_id)`,
  )
    .pluck()
    .get(nowMs - LATE_MS) as number
}

export const countOpenSessions = (db: Db): number =>
  sql(db, 'SELECT count(*) FROM sessions WHERE stopped_at_ms IS NULL').pluck().get() as number

/** Sessions that belong to no grant are the hotspot's: somebody whom the router let in itself. */
function openSessions(db: Db): Pick<AccessFigures, 'sessionsOpen' | 'online'> {
  const { all, pppoe } = sql(
    db,
    `SELECT count(*) AS "all", count(*) FILTER (WHERE packages.type = 'pppoe') AS pppoe FROM sessions
     LEFT JOIN grants ON grants.id = sessions.grant_id LEFT JOIN packages ON packages.id = grants.package_id
     WHERE stopped_at_ms IS NULL`,
  ).get() as { all: number; pppoe: number }
  return { sessionsOpen: all, online: { hotspot: all - pppoe, pppoe } }
}

function bytesSince(db: Db, sinceMs: number): { up: number; down: number } {
  return sql(
    db,
    'SELECT coalesce(sum(input_bytes), 0) AS up, coalesce(sum(output_bytes), 0) AS down FROM sessions WHERE started_at_ms >= ?',
  ).get(sinceMs) as { up: number; down: number }
}
