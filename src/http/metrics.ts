import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Hono, type MiddlewareHandler } from 'hono'
import { some } from 'hono/combine'
import { countOpenSessions } from '../dashboard/access-figures.ts'
import { lastSeq } from '../flow/journal.ts'
import { queueStats } from '../flow/queue-stats.ts'
import { newestSystemSample } from '../metrics/system-metrics.ts'
import { sql } from '../store/database.ts'
import { isFromThisBox } from './client-address.ts'
import type { House } from './house.ts'
import type { Callbacks } from './mpesa-callback.ts'
import type { OperatorVariables } from './operator/guard.ts'

const LOOP_SAMPLE_MS = 10

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>
type Labels = Record<string, string>
interface Sample {
  labels?: Labels
  value: number
}

/** Prometheus text, format 0.0.4. For a scraper on this box, or one with a token: the door looks outward. */
export function metricsApi(
  { db, workers, clock, counters }: House,
  callbacks: Callbacks['counters'],
  viewer: MiddlewareHandler<{ Variables: OperatorVariables }>,
): Hono {
  // Not before somebody asks: its table is half a megabyte, and most sites have no scraper.
  let loopDelay: LoopDelay | undefined
  const app = new Hono()
  app.get('/metrics', some(isFromThisBox, viewer), (c) => {
    const stats = queueStats(db, workers, clock.nowMs())
    const doors = counters()
    const jobs = stats.queues.flatMap((queue) =>
      (['ready', 'running', 'scheduled', 'failed'] as const).map((state) => ({
        labels: { queue: queue.name, state },
        value: queue[state],
      })),
    )
    const text = [
      metric('mlango_jobs', 'gauge', 'Jobs by queue and state', jobs),
      metric('mlango_jobs_per_second', 'gauge', 'Jobs done per second over the last minute', [
        { value: stats.jobsPerSecond },
      ]),
      metric(
        'mlango_payments',
        'gauge',
        'Payments by state',
        countsBy(db, 'SELECT lower(state) AS label, payments AS value FROM payment_counts', 'state'),
      ),
      metric('mlango_sessions_open', 'gauge', 'Open sessions', [{ value: countOpenSessions(db) }]),
      metric('mlango_journal_seq', 'counter', 'Facts recorded', [{ value: lastSeq(db) }]),
      metric('mlango_mpesa_callbacks_total', 'counter', 'M-PESA callbacks by what came of them', [
        { labels: { outcome: 'received' }, value: callbacks.received },
        { labels: { outcome: 'unknown_token' }, value: callbacks.unknownToken },
        { labels: { outcome: 'unlisted_address' }, value: callbacks.fromUnlistedAddress },
      ]),
      ...(doors.relayed === undefined
        ? []
        : [
            metric(
              'mlango_mpesa_relayed_total',
              'counter',
              'M-PESA messages that came by way of the cloud, by what came of them',
              Object.entries(doors.relayed).map(([name, value]) => ({ labels: { outcome: snake(name) }, value })),
            ),
          ]),
      metric(
        'mlango_radius_packets_total',
        'counter',
        'RADIUS packets by what came of them',
        Object.entries(doors.radius).map(([name, value]) => ({ labels: { outcome: snake(name) }, value })),
      ),
      metric(
        'mlango_radius_router_packets_total',
        'counter',
        'RADIUS packets of each router by what came of them',
        doors.radiusByRouter.flatMap(({ routerId, name, counts }) =>
          Object.entries(counts).map(([outcome, value]) => ({
            labels: { router_id: String(routerId), router: name, outcome: snake(outcome) },
            value,
          })),
        ),
      ),
      ...(doors.cloudConnected === undefined
        ? []
        : [
            metric('mlango_cloud_connected', 'gauge', '1 while the broker is connected', [
              { value: doors.cloudConnected ? 1 : 0 },
            ]),
            metric('mlango_cloud_backlog', 'gauge', 'Facts that the cloud does not have yet', [
              { value: doors.cloudBacklog ?? 0 },
            ]),
          ]),
      ...(loopDelay
        ? [
            metric('mlango_event_loop_delay_seconds', 'gauge', 'Delay of the main thread since the last scrape', [
              { labels: { quantile: '0.5' }, value: delaySeconds(loopDelay, 50) },
              { labels: { quantile: '0.99' }, value: delaySeconds(loopDelay, 99) },
            ]),
          ]
        : []),
      ...machineMetrics(db),
      metric('process_resident_memory_bytes', 'gauge', 'Resident memory', [{ value: process.memoryUsage.rss() }]),
    ].join('')
    loopDelay ??= watchLoopDelay()
    loopDelay.reset()
    return c.body(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  return app
}

/** What `collect-system-metrics` saw last; nothing before its first look, or where there is nothing to measure. */
function machineMetrics(db: House['db']): string[] {
  const sample = newestSystemSample(db)
  if (!sample) return []
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000)
  const measured: [name: string, help: string, ...values: [labels: Labels | undefined, value: number | null][]][] = [
    ['mlango_cpu_percent', 'Processor of the box in use', [undefined, sample.cpuPercent]],
    ['mlango_daemon_cpu_percent', 'One core in use by the daemon', [undefined, sample.daemonCpuPercent]],
    ['mlango_memory_available_bytes', 'Memory that programs can still get', [undefined, sample.memoryAvailableBytes]],
    ['mlango_disk_free_bytes', 'Room on the disk of the data directory', [undefined, sample.diskFreeBytes]],
    ['mlango_database_bytes', 'Size of the database', [undefined, sample.databaseBytes]],
    ['mlango_temperature_celsius', 'The hottest sensor', [undefined, sample.temperatureCelsius]],
    [
      'mlango_commit_seconds',
      'Time that the disk takes for a commit, over a minute',
      [{ quantile: '0.5' }, seconds(sample.commitP50Ms)],
      [{ quantile: '0.99' }, seconds(sample.commitP99Ms)],
    ],
  ]
  return measured.flatMap(([name, help, ...values]) => {
    const samples = values.flatMap(([labels, value]) => (value === null ? [] : [{ value, ...(labels && { labels }) }]))
    return samples.length === 0 ? [] : [metric(name, 'gauge', help, samples)]
  })
}

function watchLoopDelay(): LoopDelay {
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS })
  loopDelay.enable()
  return loopDelay
}

/** The monitor samples the time between its ticks: whatever is longer than a tick is delay. */
function delaySeconds(loopDelay: LoopDelay, percentile: number): number {
  return Math.max(0, loopDelay.percentile(percentile) / 1e6 - LOOP_SAMPLE_MS) / 1000
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function labelText(labels: Labels | undefined): string {
  if (!labels) return ''
  return `{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',')}}`
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function countsBy(db: House['db'], query: string, label: string): Sample[] {
  return (sql(db, query).all() as { label: string; value: number }[]).map((row) => ({
    labels: { [label]: row.label },
    value: row.value,
  }))
}
