import type { Clock } from '../../../clock.ts'
import type { Hotspot } from '../hotspot/hotspot.ts'
import { formatSeconds } from '../ros-duration.ts'
import type { RouterSettings } from '../router-settings.ts'
import { type ApiCommand, type Menu, type Row, trap } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'

/** Menus that only show what is there. Their rows are changed from outside, through `settings.seen`. */
const SEEN = [
  '/interface',
  '/ip/route',
  '/ip/neighbor',
  '/system/health',
  '/interface/wireguard/peers',
  '/interface/wifi/registration-table',
  '/interface/wifi/capsman/remote-cap',
  '/interface/wifi/radio',
  '/interface/wifiwave2/registration-table',
  '/interface/wifiwave2/capsman/remote-cap',
  '/interface/wifiwave2/radio',
  '/interface/wireless/registration-table',
  '/caps-man/registration-table',
  '/caps-man/remote-cap',
  '/caps-man/radio',
]

export function networkMenus(
  settings: RouterSettings,
  hotspot: Hotspot,
  viewer: Viewer,
  clock: Clock,
): Record<string, Menu> {
  const leases = () =>
    hotspot.hosts.all().map((host) => ({
      '.id': host.id,
      address: host.ipAddress,
      'active-address': host.ipAddress,
      'mac-address': host.macAddress,
      'active-mac-address': host.macAddress,
      server: 'dhcp1',
      status: 'bound',
      'last-seen': formatSeconds(clock.nowMs() - host.joinedAtMs),
      dynamic: 'true',
      disabled: 'false',
    }))
  return {
    ...Object.fromEntries(SEEN.map((path) => [path, { print: printVerb(viewer, () => settings.seen(path).rows()) }])),
    '/ip/dhcp-server/lease': { print: printVerb(viewer, leases) },
    '/system/package': { print: printVerb(viewer, () => packageRows(settings)) },
    '/system/device-mode': { print: printVerb(viewer, () => [settings.deviceMode]) },
    '': { ping: { policy: 'test', run: (command) => ping(settings, command) } },
  }
}

function packageRows({ packages, version, switchedOff }: RouterSettings): Row[] {
  return packages.map((name, index) => ({
    '.id': `*${index + 1}`,
    name,
    version: version.text.split(' ')[0] ?? '',
    disabled: String(switchedOff.has(name)),
  }))
}

/** One row for each packet sent; a time only when something came back. */
function ping(settings: RouterSettings, { args }: ApiCommand) {
  const host = args.get('address')
  if (host === undefined) return trap('missing value(s) of argument(s) address')
  const count = Number(args.get('count') ?? 4)
  const answers = settings.answeringPing.has(host)
  const rows = Array.from({ length: count }, (_, seq): Row => {
    const received = String(answers ? seq + 1 : 0)
    const row: Row = { seq: String(seq), host, sent: String(seq + 1), received, 'packet-loss': answers ? '0' : '100' }
    return answers ? { ...row, size: '56', ttl: '64', time: '1ms204us' } : { ...row, status: 'timeout' }
  })
  return { kind: 'rows' as const, rows }
}
