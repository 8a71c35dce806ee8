import { type CommandContext, command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { recordOnline } from './grant-progress.ts'
import { grantById } from './grant-table.ts'
import { followLocalClock } from './local-clock.ts'
import { settleUsage, tellUsageIfNew } from './usage.ts'

/** What a router that knows its users itself has counted for one of them. */
export interface LocalCount {
  grantId: string
  /** Counted for the user, over all its sessions. */
  userBytes: number
  /** Counted for the sessions that run; null while none does. */
  onlineBytes: number | null
  /** How long the longest of them has run; null while none does. */
  onlineSeconds: number | null
}

interface Counted {
  /** How much of what the router has counted is in the grant's use already. */
  countedBytes: number
  userBytes: number
  onlineBytes: number
}

/** Where a router's counters stood when last looked at. */
export function countedAt(db: Db, grantId: string, routerId: number): Counted {
  const row = sql(
    db,
    `SELECT counted_bytes AS countedBytes, user_bytes AS userBytes, online_bytes AS onlineBytes FROM local_usage
     WHERE grant_id = ? AND router_id = ?`,
  ).get(grantId, routerId) as Counted | undefined
  return row ?? { countedBytes: 0, userBytes: 0, onlineBytes: 0 }
}

/** A grant's use grows by what its router has counted since; the data of a grant ends here as it does in accounting. */
export const recordLocalUsage = command(
  'grants.record-local-usage',
  (context, { routerId, counts }: { routerId: number; counts: readonly LocalCount[] }) => {
    for (const count of counts) recordOne(context, routerId, count)
  },
)

function recordOne(context: CommandContext, routerId: number, { grantId, ...count }: LocalCount): void {
  const { db } = context
  const grant = grantById(db, grantId)
  if (!grant) return
  if (count.onlineBytes !== null) recordOnline(context, grant, routerId, 'router')
  const before = countedAt(db, grantId, routerId)
  const now = { userBytes: count.userBytes, onlineBytes: count.onlineBytes ?? 0 }
  const grownBytes = growth(before, now)
  if (grownBytes > 0 || now.userBytes !== before.userBytes || now.onlineBytes !== before.onlineBytes) {
    const began = now.userBytes < before.userBytes ? 0 : before.countedBytes
    sql(
      db,
      `INSERT INTO local_usage (grant_id, router_id, counted_bytes, user_bytes, online_bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (grant_id, router_id) DO UPDATE SET counted_bytes = excluded.counted_bytes,
         user_bytes = excluded.user_bytes, online_bytes = excluded.online_bytes`,
    ).run(grantId, routerId, began + grownBytes, now.userBytes, now.onlineBytes)
  }
  if (grownBytes > 0) sql(db, 'UPDATE grants SET used_bytes = used_bytes + ? WHERE id = ?').run(grownBytes, grantId)
  followLocalClock(context, { grantId, routerId, onlineSeconds: count.onlineSeconds })
  if (count.onlineBytes === null) tellUsageIfNew(context, grantId)
  settleUsage(context, grantId)
}

/** What is new, never more than was used: some releases have the running session in the user's counter, others add it at its end. */
function growth(
  before: Omit<Counted, 'countedBytes'>,
  { userBytes, onlineBytes }: Omit<Counted, 'countedBytes'>,
): number {
  const newOfUser = userBytes - before.userBytes
  // It began anew: with the router, or because the user was written anew.
  if (newOfUser < 0) return Math.max(userBytes, onlineBytes)
  if (onlineBytes >= before.onlineBytes) return Math.max(newOfUser, onlineBytes - before.onlineBytes)
  // Another session, or none. The one before was in the user's counter all along, or lost with the power, ...
  if (newOfUser < before.onlineBytes) return Math.max(onlineBytes, newOfUser)
  // ... or has gone there now.
  return newOfUser - before.onlineBytes + onlineBytes
}
