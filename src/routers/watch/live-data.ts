import { lookIfThere } from '../absent-menu.ts'
import { defaultRoute } from '../default-route.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import { parseDurationSeconds } from '../routeros-duration.ts'
import type { Row } from '../routeros-patches.ts'

/** What a router is doing now. Counters are totals since its start; null is what it does not tell. */
export interface LiveData {
  routerId: number
  atMs: number
  identity: string | null
  version: string | null
  model: string | null
  uptimeSeconds: number | null
  cpuPercent: number | null
  freeMemoryBytes: number | null
  totalMemoryBytes: number | null
  freeDiskBytes: number | null
  totalDiskBytes: number | null
  activeUsers: number
  leases: number
  /** Whether there is a way out, whatever it is called. */
  hasDefaultRoute: boolean
  /** The interface of the default route. */
  uplink: string | null
  interfaces: LiveInterface[]
  /** `temperature 45 C`: what sensors there are. */
  health: { name: string; value: string; unit: string }[]
}

export interface LiveInterface {
  name: string
  type: string
  running: boolean
  rxBytes: number
  txBytes: number
}

const RESOURCE = [
  'uptime',
  'version',
  'board-name',
  'cpu-load',
  'free-memory',
  'total-memory',
  'free-hdd-space',
  'total-hdd-space',
]

/** v7 has a row for each sensor, v6 one row with their names. */
const SENSORS = ['name', 'value', 'type', 'voltage', 'current', 'temperature', 'cpu-temperature', 'power-consumption']

/** One pass, all at once on the one connection; rejects with a RouterError. */
export async function readLiveData(router: RouterSpeech, routerId: number, atMs: number): Promise<LiveData> {
  const [[resource = {}], [identity = {}], interfaces, routes, activeUsers, leases, health] = await Promise.all([
    router.look(print('/system/resource', RESOURCE)),
    router.look(print('/system/identity', ['name'])),
    router.look(print('/interface', ['name', 'type', 'running', 'disabled', 'rx-byte', 'tx-byte'])),
    router.look(print('/ip/route', ['immediate-gw', 'gateway-status', 'active'], 'dst-address=0.0.0.0/0')),
    countOf(router, '/ip/hotspot/active'),
    countOf(router, '/ip/dhcp-server/lease', 'status=bound'),
    lookIfThere(router, print('/system/health', SENSORS)),
  ])
  const route = defaultRoute(routes)
  return {
    routerId,
    atMs,
    identity: identity.name ?? null,
    version: resource.version ?? null,
    model: resource['board-name'] ?? null,
    uptimeSeconds: parseDurationSeconds(resource.uptime ?? '') ?? null,
    cpuPercent: numberIn(resource['cpu-load']),
    freeMemoryBytes: numberIn(resource['free-memory']),
    totalMemoryBytes: numberIn(resource['total-memory']),
    freeDiskBytes: numberIn(resource['free-hdd-space']),
    totalDiskBytes: numberIn(resource['total-hdd-space']),
    activeUsers,
    leases,
    hasDefaultRoute: route !== undefined,
    uplink: route?.uplink ?? null,
    interfaces: interfaces.filter(({ disabled }) => disabled !== 'true').flatMap(liveInterface),
    health: readings(health ?? []),
  }
}

/** The router counts, so that two hundred users are one line. */
async function countOf(router: RouterSpeech, menu: string, ...queries: string[]): Promise<number> {
  const words = [`${menu}/print`, '=count-only=', ...queries.map((query) => `?${query}`)]
  const rows = await lookIfThere(router, words)
  return Number(rows?.[0]?.ret ?? 0)
}

function liveInterface({ name, type, running, ...counters }: Row): LiveInterface[] {
  if (name === undefined) return []
  return [
    {
      name,
      type: type ?? 'unknown',
      running: running === 'true',
      rxBytes: Number(counters['rx-byte'] ?? 0),
      txBytes: Number(counters['tx-byte'] ?? 0),
    },
  ]
}

function readings(rows: Row[]): LiveData['health'] {
  return rows.flatMap(({ name, value, type, ...others }) => {
    if (name !== undefined && value !== undefined) return [{ name, value, unit: type ?? '' }]
    return Object.entries(others)
      .filter(([key]) => key !== '.id')
      .map(([key, reading]) => ({ name: key, value: reading, unit: '' }))
  })
}

/** `3`, and `0%` in older forms. */
function numberIn(text: string | undefined): number | null {
  const number = Number.parseFloat(text ?? '')
  return Number.isFinite(number) ? number : null
}
