import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { judgeByEnd } from './ends-by.ts'
import { grantById } from './grant-table.ts'
import { continueOnline, pauseIfOffline } from './offline-pause.ts'

/**
 * A router that knows its users itself tells of no sessions; each look at it says who is online, and for how long
 * (`onlineSeconds`; null: nobody). So a clock that runs only online stops when its customer was last seen, and goes on from the
 * login. What a look misses in between, the router's own `limit-uptime` counts all the same.
 */
export function followLocalClock(
  context: CommandContext,
  { grantId, routerId, onlineSeconds }: { grantId: string; routerId: number; onlineSeconds: number | null },
): void {
  const { db, nowMs } = context
  const grant = grantById(db, grantId)
  if (grant?.pausesOffline !== 1) return
  if (onlineSeconds !== null) {
    seen(context, grantId, routerId, nowMs)
    continueOnline(context, grantId, nowMs - onlineSeconds * 1000)
    return
  }
  const lastSeenMs = sql(db, 'SELECT online_at_ms FROM local_usage WHERE grant_id = ? AND router_id = ?')
    .pluck()
    .get(grantId, routerId) as number | null | undefined
  if (lastSeenMs != null) seen(context, grantId, routerId, null)
  const wasOnlineMs = lastSeenMs ?? grant.onlineAtMs
  // What has run out since was used up online: the router ended it, at the same moment as we.
  if (wasOnlineMs !== null && grant.expiresAtMs > judgeByEnd(context, grant).judgedMs)
    pauseIfOffline(context, grantId, wasOnlineMs)
}

function seen({ db }: CommandContext, grantId: string, routerId: number, atMs: number | null): void {
  sql(
    db,
    `INSERT INTO local_usage (grant_id, router_id, counted_bytes, user_bytes, online_bytes, online_at_ms) VALUES (:grantId, :routerId, 0, 0, 0, :atMs)
     ON CONFLICT (grant_id, router_id) DO UPDATE SET online_at_ms = excluded.online_at_ms`,
  ).run({ grantId, routerId, atMs })
}
