import { command } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import { noteUplink } from './down-time.ts'
import type { LiveData } from './live-data.ts'

/** One point of a chart. Bytes are totals since the router's start: the rate is what two points differ by. */
export interface SampleRow {
  atMs: number
  cpuPercent: number | null
  usedMemoryBytes: number | null
  totalMemoryBytes: number | null
  activeUsers: number
  leases: number
  uplink: string | null
  uplinkRxBytes: number | null
  uplinkTxBytes: number | null
}

const EVERY_MS = 5 * 60_000
const KEPT_MS = 30 * 24 * 3_600_000

/** Tells live views at once; of the history only a point every five minutes goes to the disk. */
export const noteLiveData = command('routers.note-live-data', (context, live: LiveData) => {
  const { db, journal, nowMs } = context
  const { routerId } = live
  if (!routerById(db, routerId)) return
  journal.announce({ type: 'router.live_data_updated', data: live })
  noteUplink(context, routerId, live.hasDefaultRoute)
  const slotMs = nowMs - (nowMs % EVERY_MS)
  if (sql(db, 'SELECT 1 FROM router_samples WHERE router_id = ? AND at_ms = ?').get(routerId, slotMs)) return
  const uplink = live.interfaces.find(({ name }) => name === live.uplink)
  const used =
    live.totalMemoryBytes !== null && live.freeMemoryBytes !== null
      ? live.totalMemoryBytes - live.freeMemoryBytes
      : null
  sql(
    db,
    `INSERT INTO router_samples (router_id, at_ms, cpu_percent, used_memory_bytes, total_memory_bytes, active_users, leases, uplink,
       uplink_rx_bytes, uplink_tx_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    routerId,
    slotMs,
    live.cpuPercent === null ? null : Math.round(live.cpuPercent),
    used,
    live.totalMemoryBytes,
    live.activeUsers,
    live.leases,
    live.uplink,
    uplink?.rxBytes ?? null,
    uplink?.txBytes ?? null,
  )
  sql(db, 'DELETE FROM router_samples WHERE router_id = ? AND at_ms < ?').run(routerId, nowMs - KEPT_MS)
})

/** Oldest first. */
export function samplesOf(db: Db, routerId: number, sinceMs: number): SampleRow[] {
  return sql(
    db,
    `SELECT at_ms AS atMs, cpu_percent AS cpuPercent, used_memory_bytes AS usedMemoryBytes, total_memory_bytes AS totalMemoryBytes,
       active_users AS activeUsers, leases, uplink, uplink_rx_bytes AS uplinkRxBytes, uplink_tx_bytes AS uplinkTxBytes
     FROM router_samples WHERE router_id = ? AND at_ms >= ? ORDER BY at_ms`,
  ).all(routerId, sinceMs) as SampleRow[]
}
