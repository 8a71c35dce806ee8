import { Hono } from 'hono'
import * as z from 'zod'
import { routerById } from '../../routers/router-table.ts'
import { type AccessPointRow, accessPoints } from '../../routers/watch/access-points.ts'
import { beginProbe } from '../../routers/watch/probes.ts'
import { type SampleRow, samplesOf } from '../../routers/watch/samples.ts'
import { type VpnPeerRow, vpnPeers } from '../../routers/watch/vpn.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTimeField } from '../iso-time.ts'
import { type LiveView, openLiveBoard } from '../live-board.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { jobAnswer } from './job-view.ts'
import { idInPath, pageAnswer, wholeList } from './page.ts'

const HOUR_MS = 3_600_000
const historyQuery = z.object({ hours: z.coerce.number().int().min(1).max(720).default(24) })

const text = z.string().nullable()
const whole = z.int().nullable()
const number = z.number().nullable()
const time = isoTimeField.nullable()

const liveAnswer = z.object({
  router_id: z.int(),
  at: isoTimeField,
  ...{ identity: text, version: text, model: text },
  ...{ uptime_seconds: whole, cpu_percent: number },
  ...{ free_memory_bytes: number, total_memory_bytes: number, free_disk_bytes: number, total_disk_bytes: number },
  ...{ active_users: z.int(), leases: z.int(), uplink: text },
  interfaces: z.array(
    z.object({
      ...{ name: z.string(), type: z.string(), running: z.boolean() },
      ...{ rx_bytes: z.number(), tx_bytes: z.number(), rx_bps: whole, tx_bps: whole },
    }),
  ),
  health: z.array(z.object({ name: z.string(), value: z.string(), unit: z.string() })),
})

const sampleAnswer = z.object({
  at: isoTimeField,
  ...{ cpu_percent: number, used_memory_bytes: number, total_memory_bytes: number },
  ...{ active_users: z.int(), leases: z.int(), uplink: text, uplink_rx_bytes: number, uplink_tx_bytes: number },
})

const accessPointAnswer = z.object({
  ...{ id: z.int(), router_id: z.int(), kind: z.string(), name: z.string() },
  ...{ model: text, version: text, address: text, online: z.boolean(), clients: whole, signal_dbm: number },
  ...{ seen_at: isoTimeField, changed_at: isoTimeField },
})

const vpnPeerAnswer = z.object({
  ...{ id: z.int(), router_id: whole, interface: z.string(), public_key: z.string(), name: text, endpoint: text },
  ...{ online: z.boolean(), handshake_at: time, rx_bytes: number, tx_bytes: number },
  ...{ seen_at: isoTimeField, changed_at: isoTimeField },
})

/** What is seen of routers, access points and tunnels while they work. */
export function routerWatchApi({ db, facts, clock }: House, { viewer, admin, act }: Guards): Hono {
  const liveOf = openLiveBoard(facts)
  const app = new Hono()

  const live = call({
    does: 'What a router said when it was read last; rates once it was read twice.',
    answers: { 200: liveAnswer },
  })
  app.get('/api/routers/:id/live', viewer, live, (c) => {
    const routerId = idInPath(c, 'router')
    if (!routerById(db, routerId)) throw unknownRouter()
    const view = liveOf(routerId)
    if (!view) throw problem(404, 'no-live-data', 'This router has not been read since the daemon started.')
    return c.json(liveView(view))
  })

  const history = call({
    does: 'How a router fared: a point every five minutes, of the last hours.',
    query: historyQuery,
    answers: { 200: pageAnswer(sampleAnswer) },
  })
  app.get('/api/routers/:id/history', viewer, history, (c) => {
    const routerId = idInPath(c, 'router')
    if (!routerById(db, routerId)) throw unknownRouter()
    return c.json(wholeList(samplesOf(db, routerId, clock.nowMs() - c.var.query.hours * HOUR_MS).map(sampleView)))
  })

  const probe = call({ does: 'Looks at a router now.', answers: { 202: jobAnswer } })
  app.post('/api/routers/:id/probe', admin, probe, async (c) => {
    const routerId = idInPath(c, 'router')
    const note = { action: 'router.probe', subject: `router ${routerId}`, unless: [undefined] }
    const begun = await act(c, beginProbe, { routerId }, note)
    if (!begun) throw unknownRouter()
    return c.json({ job_id: begun.jobId }, 202)
  })

  const points = call({
    does: 'The access points that the routers see.',
    answers: { 200: pageAnswer(accessPointAnswer) },
  })
  app.get('/api/access-points', viewer, points, (c) => c.json(wholeList(accessPoints(db).map(accessPointView))))

  const vpn = call({
    does: 'The tunnels of the routers and of this box.',
    answers: { 200: pageAnswer(vpnPeerAnswer) },
  })
  app.get('/api/vpn', viewer, vpn, (c) => c.json(wholeList(vpnPeers(db).map(vpnPeerView))))

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
