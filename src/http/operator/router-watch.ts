import { Hono } from 'hono'
import { z } from 'zod'
import { routerById } from '../../routers/router-table.ts'
import { type AccessPointRow, accessPoints } from '../../routers/watch/access-points.ts'
import { beginProbe } from '../../routers/watch/probes.ts'
import { type SampleRow, samplesOf } from '../../routers/watch/samples.ts'
import { type VpnPeerRow, vpnPeers } from '../../routers/watch/vpn.ts'
import type { House } from '../house.ts'
import { type LiveView, openLiveBoard } from '../live-board.ts'
import { invalidInput, problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idInPath } from './page.ts'

const HOUR_MS = 3_600_000
const hoursAsked = z.coerce.number().int().min(1).max(720).default(24)

/** What is seen of routers, access points and tunnels while they work. */
export function routerWatchApi({ store, db, facts, clock }: House, { viewer, admin, audited }: Guards): Hono {
  const liveOf = openLiveBoard(facts)
  const app = new Hono()

  app.get('/api/routers/:id/live', viewer, (c) => {
    const routerId = idInPath(c, 'router')
    if (!routerById(db, routerId)) throw unknownRouter()
    const live = liveOf(routerId)
    if (!live) throw problem(404, 'no-live-data', 'This router has not been read since the daemon started.')
    return c.json(liveView(live))
  })

  app.get('/api/routers/:id/history', viewer, (c) => {
    const routerId = idInPath(c, 'router')
    if (!routerById(db, routerId)) throw unknownRouter()
    const hours = hoursAsked.safeParse(c.req.query('hours'))
    if (!hours.success) throw invalidInput(hours.error)
    const items = samplesOf(db, routerId, clock.nowMs() - hours.data * HOUR_MS).map(sampleView)
    return c.json({ items, next_cursor: null })
  })

  app.post('/api/routers/:id/probe', admin, async (c) => {
    const routerId = idInPath(c, 'router')
    const begun = await store.run(beginProbe, { routerId })
    if (!begun) throw unknownRouter()
    await audited(c, 'router.probe', `router ${routerId}`)
    return c.json({ job_id: begun.jobId }, 202)
  })

  app.get('/api/access-points', viewer, (c) =>
    c.json({ items: accessPoints(db).map(accessPointView), next_cursor: null }),
  )

  app.get('/api/vpn', viewer, (c) => c.json({ items: vpnPeers(db).map(vpnPeerView), next_cursor: null }))

  return app
}

const liveView = (live: LiveView) => ({
  router_id: live.routerId,
  at: iso(live.atMs),
  identity: live.identity,
  version: live.version,
  model: live.model,
  uptime_seconds: live.uptimeSeconds,
  cpu_percent: live.cpuPercent,
  free_memory_bytes: live.freeMemoryBytes,
  total_memory_bytes: live.totalMemoryBytes,
  free_disk_bytes: live.freeDiskBytes,
  total_disk_bytes: live.totalDiskBytes,
  active_users: live.activeUsers,
  leases: live.leases,
  uplink: live.uplink,
  interfaces: live.interfaces.map(({ name, type, running, rxBytes, txBytes }) => ({
    name,
    type,
    running,
    rx_bytes: rxBytes,
    tx_bytes: txBytes,
    rx_bps: live.rates.get(name)?.rxBps ?? null,
    tx_bps: live.rates.get(name)?.txBps ?? null,
  })),
  health: live.health,
})

const sampleView = (sample: SampleRow) => ({
  at: iso(sample.atMs),
  cpu_percent: sample.cpuPercent,
  used_memory_bytes: sample.usedMemoryBytes,
  total_memory_bytes: sample.totalMemoryBytes,
  active_users: sample.activeUsers,
  leases: sample.leases,
  uplink: sample.uplink,
  uplink_rx_bytes: sample.uplinkRxBytes,
  uplink_tx_bytes: sample.uplinkTxBytes,
})

const accessPointView = (row: AccessPointRow) => ({
  id: row.id,
  router_id: row.routerId,
  kind: row.kind,
  name: row.name,
  model: row.model,
  version: row.version,
  address: row.address,
  online: row.online === 1,
  clients: row.clients,
  signal_dbm: row.signalDbm,
  seen_at: iso(row.seenAtMs),
  changed_at: iso(row.changedAtMs),
})

const vpnPeerView = (row: VpnPeerRow) => ({
  id: row.id,
  router_id: row.routerId,
  interface: row.interface,
  public_key: row.publicKey,
  name: row.name,
  endpoint: row.endpoint,
  online: row.online === 1,
  handshake_at: iso(row.handshakeAtMs),
  rx_bytes: row.rxBytes,
  tx_bytes: row.txBytes,
  seen_at: iso(row.seenAtMs),
  changed_at: iso(row.changedAtMs),
})

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString())

const unknownRouter = () => problem(404, 'router-unknown', 'There is no such router.')
