import { command } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import type { VpnPeer } from './wireguard.ts'

export interface VpnPeerRow extends VpnPeer {
  id: number
  /** Null: a peer of the appliance itself. */
  routerId: number | null
  online: 0 | 1
  seenAtMs: number
  changedAtMs: number
}

/** WireGuard shakes hands every two minutes while it has something to send; later than this, nobody is there. */
const ALIVE_MS = 190_000

const COLUMNS = `id, router_id AS routerId, interface, public_key AS publicKey, name, endpoint, online, handshake_at_ms AS handshakeAtMs,
  rx_bytes AS rxBytes, tx_bytes AS txBytes, seen_at_ms AS seenAtMs, changed_at_ms AS changedAtMs`

export function vpnPeers(db: Db): VpnPeerRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM vpn_peers ORDER BY router_id, interface, id`).all() as VpnPeerRow[]
}

/** All peers that one router, or the appliance (null), has now; undefined peers: it could not be asked. Those not among them are forgotten. */
export const noteVpnPeers = command(
  'routers.note-vpn-peers',
  ({ db, journal, nowMs }, { routerId, peers }: { routerId: number | null; peers: VpnPeer[] | undefined }) => {
    if (routerId !== null && !routerById(db, routerId)) return
    const known = vpnPeers(db).filter((row) => row.routerId === routerId)
    const told = (row: Pick<VpnPeerRow, 'interface' | 'publicKey' | 'name'>, online: boolean) =>
      journal.record('vpn.status_updated', {
        routerId,
        interface: row.interface,
        publicKey: row.publicKey,
        name: row.name,
        online,
      })
    if (!peers) {
      for (const row of known.filter(({ online }) => online === 1)) {
        sql(db, 'UPDATE vpn_peers SET online = 0, changed_at_ms = ? WHERE id = ?').run(nowMs, row.id)
        told(row, false)
      }
      return
    }
    for (const peer of peers) {
      const before = known.find((row) => row.interface === peer.interface && row.publicKey === peer.publicKey)
      const online = peer.handshakeAtMs !== null && nowMs - peer.handshakeAtMs <= ALIVE_MS
      const changed = before === undefined ? online : (before.online === 1) !== online
      sql(
        db,
        `INSERT INTO vpn_peers (router_id, interface, public_key, name, endpoint, online, handshake_at_ms, rx_bytes, tx_bytes, seen_at_ms, changed_at_ms)
         VALUES (:routerId, :interface, :publicKey, :name, :endpoint, :online, :handshakeAtMs, :rxBytes, :txBytes, :nowMs, :nowMs)
         ON CONFLICT (coalesce(router_id, 0), interface, public_key) DO UPDATE SET name = excluded.name, endpoint = excluded.endpoint,
           online = excluded.online, handshake_at_ms = excluded.handshake_at_ms, rx_bytes = excluded.rx_bytes, tx_bytes = excluded.tx_bytes,
           seen_at_ms = excluded.seen_at_ms, changed_at_ms = CASE WHEN :changed THEN excluded.changed_at_ms ELSE changed_at_ms END`,
      ).run({ ...peer, routerId, online: online ? 1 : 0, nowMs, changed: changed ? 1 : 0 })
      if (changed) told(peer, online)
    }
    const gone = known.filter(
      (row) => !peers.some((peer) => peer.interface === row.interface && peer.publicKey === row.publicKey),
    )
    for (const { id } of gone) sql(db, 'DELETE FROM vpn_peers WHERE id = ?').run(id)
  },
)
