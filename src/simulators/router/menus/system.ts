import type { Clock } from '../../../clock.ts'
import { formatSeconds } from '../ros-duration.ts'
import type { RouterSettings } from '../router-settings.ts'
import type { Menu, Row } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { anyText, texts, yesOrNo } from './properties.ts'
import { setVerb } from './single-row.ts'

const NTP_V7 = { enabled: yesOrNo, ...texts('mode', 'servers') }
const NTP_V6 = { enabled: yesOrNo, ...texts('primary-ntp', 'secondary-ntp', 'server-dns-names') }

const MODEL = 'hAP ax^2'

/** What the router is and how it is called. */
export function systemMenus(settings: RouterSettings, viewer: Viewer, clock: Clock): Record<string, Menu> {
  return {
    '/system/identity': {
      print: printVerb(viewer, () => [settings.identity]),
      set: setVerb(viewer, { name: anyText }, async (values) => void Object.assign(settings.identity, values)),
    },
    '/system/ntp/client': {
      print: printVerb(viewer, () => [{ ...settings.ntpClient, ...ntpRow(viewer, settings.ownClock.synchronized) }]),
      set: setVerb(viewer, viewer.version.atLeast(7, 0) ? NTP_V7 : NTP_V6, async (values) => {
        Object.assign(settings.ntpClient, values)
      }),
    },
    '/system/resource': { print: printVerb(viewer, () => [resource(viewer, clock.nowMs() - settings.startedAtMs)]) },
    '/system/clock': {
      print: printVerb(viewer, () => [clockRow(viewer, clock.nowMs() + settings.ownClock.offMs)]),
    },
    '/system/routerboard': { print: printVerb(viewer, () => [routerboard(viewer)]) },
  }
}

function resource(viewer: Viewer, uptimeMs: number): Row {
  return {
    uptime: formatSeconds(uptimeMs),
    version: viewer.version.text,
    'build-time': viewer.version.atLeast(7, 10) ? '2025-11-20 10:00:00' : 'nov/20/2025 10:00:00',
    'factory-software': '6.42',
    'free-memory': '689963008',
    'total-memory': '1073741824',
    cpu: 'ARM64',
    'cpu-count': '4',
    'cpu-frequency': '864',
    'cpu-load': '3',
    'free-hdd-space': '90177536',
    'total-hdd-space': '134217728',
    'architecture-name': 'arm64',
    'board-name': MODEL,
    platform: 'MikroTik',
  }
}

const NAIROBI_MS = 3 * 3_600_000
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function clockRow(viewer: Viewer, nowMs: number): Row {
  const [date = '', time = ''] = new Date(nowMs + NAIROBI_MS).toISOString().slice(0, 19).split('T')
  const [year, month, day] = date.split('-')
  return {
    time,
    date: viewer.version.atLeast(7, 10) ? date : `${MONTHS[Number(month) - 1]}/${day}/${year}`,
    'time-zone-name': 'Africa/Nairobi',
    'gmt-offset': '+03:00',
  }
}

function ntpRow(viewer: Viewer, synchronized: boolean): Row {
  if (viewer.version.atLeast(7, 0)) return { status: synchronized ? 'synchronized' : 'waiting' }
  return synchronized ? { 'last-update-from': '41.73.42.10' } : {}
}

function routerboard(viewer: Viewer): Row {
  const firmware = viewer.version.text.split(' ')[0] ?? ''
  return {
    routerboard: 'true',
    model: MODEL,
    'serial-number': 'MLANGOSIM001',
    'firmware-type': 'ipq6000',
    'factory-firmware': '6.42',
    'current-firmware': firmware,
    'upgrade-firmware': firmware,
  }
}
