import { type CommandContext, command } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import type { SeenAccessPoint } from './wifi.ts'

export interface AccessPointRow extends Omit<SeenAccessPoint, 'online'> {
  id: number
  routerId: number
  online: 0 | 1
  seenAtMs: number
  changedAtMs: number
}

/** One that has been away for so long is not missed any more. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000

const COLUMNS = `id, router_id AS routerId, key, kind, name, model, version, address, online, clients, signal_dbm AS signalDbm,
  seen_at_ms AS seenAtMs, changed_at_ms AS changedAtMs`

export function accessPoints(db: Db, routerId?: number): AccessPointRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM access_points WHERE router_id = coalesce(?, router_id) ORDER BY router_id, kind, name, id`,
  ).all(routerId ?? null) as AccessPointRow[]
}

interface AccessPointsSeen {
  routerId: number
  /** All there are now; undefined: the router could not be asked, so nobody can be online through it. */
  seen: SeenAccessPoint[] | undefined
}

/** Those that are known and not among the seen are away. */
export const noteAccessPoints = command(
  'routers.note-access-points',
  (context, { routerId, seen }: AccessPointsSeen) => {
    const { db, nowMs } = context
    if (!routerById(db, routerId)) return
    const known = accessPoints(db, routerId)
    for (const one of seen ?? []) {
      const before = known.find(({ key }) => key === one.key)
      const row = { ...one, routerId, online: one.online ? 1 : 0, nowMs }
      const { id } = sql(
        db,
        `INSERT INTO access_points (router_id, key, kind, name, model, version, address, online, clients, signal_dbm, seen_at_ms, changed_at_ms)
       VALUES (:routerId, :key, :kind, :name, :model, :version, :address, :online, :clients, :signalDbm, :nowMs, :nowMs)
       ON CONFLICT (router_id, key) DO UPDATE SET kind = excluded.kind, name = excluded.name, model = excluded.model, version = excluded.version,
         address = excluded.address, clients = excluded.clients, signal_dbm = excluded.signal_dbm,
         seen_at_ms = CASE WHEN excluded.online THEN excluded.seen_at_ms ELSE seen_at_ms END,
         changed_at_ms = CASE WHEN online <> excluded.online THEN excluded.changed_at_ms ELSE changed_at_ms END, online = excluded.online
       RETURNING id`,
      ).get(row) as { id: number }
      if ((before?.online ?? 0) !== row.online) tell(context, { id, routerId, name: one.name, online: one.online })
    }
    for (const row of known.filter(({ key }) => !seen?.some((one) => one.key === key))) {
      if (row.online === 1) {
        sql(
          db,
          'UPDATE access_points SET online = 0, clients = 0, signal_dbm = NULL, changed_at_ms = ? WHERE id = ?',
        ).run(nowMs, row.id)
        tell(context, { ...row, online: false })
      } else if (row.seenAtMs < nowMs - FORGOTTEN_MS) {
        sql(db, 'DELETE FROM access_points WHERE id = ?').run(row.id)
      }
    }
  },
)

function tell(
  { journal }: CommandContext,
  { id, routerId, name, online }: { id: number; routerId: number; name: string; online: boolean },
): void {
  journal.record('access_point.status_updated', { accessPointId: id, routerId, name, online })
}
