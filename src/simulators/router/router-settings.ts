import type { Row } from './menus/menu.ts'
import { Table } from './menus/table.ts'
import { usualPackages } from './releases.ts'
import type { RosVersion } from './ros-version.ts'

export interface RadiusTarget {
  /** Default 127.0.0.1, 1812 and 1813. */
  host?: string
  authPort?: number
  acctPort?: number
  secret: string
}

/** What differs from box to box. */
export interface OwnBox {
  /** Default what a box of the release comes with; `wireless` brings the older menus for 7.13 and later. */
  packages?: string[]
  /** `advanced` allows everything; `home` neither hotspot nor fetch; `basic` no hotspot. */
  deviceMode?: 'advanced' | 'home' | 'basic'
  /** The port of its modem, `lte1`; without it there is none. */
  modem?: string
}

export const HOTSPOT_SERVER = 'hotspot1'
export const HOTSPOT_INTERFACE = 'bridge'

const APPLIANCE_COMMENT = 'simulator:radius'

/** Everything on the router that an operator can configure, as its menus show it. */
export class RouterSettings {
  readonly version: RosVersion
  readonly policies: ReadonlySet<string>
  readonly identity: Row
  readonly modem: string | undefined
  /** `/radius/incoming`. */
  readonly incoming: Row = { accept: 'false', port: '3799' }
  readonly servers = new Table()
  readonly serverProfiles = new Table()
  readonly users = new Table()
  readonly userProfiles = new Table()
  readonly radius = new Table()
  readonly packages: readonly string[]
  /** Packages that are there but do nothing. */
  readonly switchedOff = new Set<string>()
  /** `/system/device-mode`. */
  readonly deviceMode: Row
  /** Addresses that answer when the router pings them. */
  readonly answeringPing = new Set<string>()
  /** `/ip/dns` and `/ppp/aaa`. */
  readonly dns: Row = { servers: '', 'allow-remote-requests': 'false' }
  readonly ntpClient: Row
  readonly pppAaa: Row = { 'use-radius': 'false', accounting: 'true', 'interim-update': '0s' }
  /** What `/tool/fetch` gets from an address; undefined when nothing answers. */
  download: (url: string) => Promise<Buffer | undefined> = downloadByHttp
  /** Whether the network has set the router's clock, and how far it is off. */
  readonly ownClock = { synchronized: false, offMs: 0 }
  /** Of the router, by its own clock. */
  startedAtMs = 0
  /** Starts before this one. */
  reboots = 0
  readonly #seen = new Map<string, Table>()

  constructor(version: RosVersion, policies: readonly string[], identity: string, own: OwnBox = {}) {
    this.version = version
    this.ntpClient = version.atLeast(7, 0)
      ? { enabled: 'false', mode: 'unicast', servers: '' }
      : { enabled: 'false', 'primary-ntp': '0.0.0.0', 'secondary-ntp': '0.0.0.0', 'server-dns-names': '' }
    this.modem = own.modem
    this.packages = own.packages ?? usualPackages(version)
    const mode = own.deviceMode ?? 'advanced'
    const [hotspot, fetch] = [String(mode === 'advanced'), String(mode !== 'home')]
    this.deviceMode = { mode, 'allowed-versions': '7.13+,6.49.8+', flagged: 'false', hotspot, fetch, scheduler: fetch }
    this.#plugIn()
    this.policies = new Set(policies)
    this.identity = { name: identity }
    const allowed = !version.atLeast(7, 17) || hotspot === 'true'
    this.servers.add({
      HTTPS: 'false',
      'address-pool': 'hs-pool-1',
      'addresses-per-mac': '2',
      disabled: 'false',
      'idle-timeout': '5m',
      interface: HOTSPOT_INTERFACE,
      invalid: String(!allowed),
      'keepalive-timeout': 'none',
      'login-timeout': 'none',
      name: HOTSPOT_SERVER,
      profile: 'hsprof1',
      'proxy-status': 'running',
    })
    this.serverProfiles.add({ ...serverProfileDefaults(), name: 'hsprof1', 'hotspot-address': '10.5.50.1' })
    this.userProfiles.add({ ...userProfileDefaults(), name: 'default', default: 'true' })
    this.users.add({ ...userDefaults(), name: 'default-trial', comment: 'counters and limits for trial users' })
  }

  /** The rows of a menu that only shows what is there; more can be put in. */
  seen(menu: string): Table {
    const table = this.#seen.get(menu) ?? new Table()
    this.#seen.set(menu, table)
    return table
  }

  allowEverything(): void {
    Object.assign(this.deviceMode, { hotspot: 'true', fetch: 'true', scheduler: 'true' })
    for (const { '.id': id = '' } of this.servers.rows()) this.servers.update(id, { invalid: 'false' })
  }

  /** The cables: ether1 leads to the Internet. */
  #plugIn(): void {
    const port = { disabled: 'false', running: 'true', mtu: '1500' }
    this.seen('/interface').add({ ...port, name: 'ether1', type: 'ether', 'rx-byte': '5000000', 'tx-byte': '700000' })
    this.seen('/interface').add({ ...port, name: 'ether2', type: 'ether', 'rx-byte': '100', 'tx-byte': '200' })
    this.seen('/interface').add({
      ...port,
      name: HOTSPOT_INTERFACE,
      type: 'bridge',
      'rx-byte': '70000',
      'tx-byte': '500000',
    })
    this.seen('/interface/bridge').add({ name: HOTSPOT_INTERFACE, disabled: 'false', comment: 'defconf' })
    const gateway = this.version.atLeast(7, 0)
      ? { 'immediate-gw': '192.168.1.1%ether1' }
      : { 'gateway-status': '192.168.1.1 reachable via  ether1' }
    this.seen('/ip/route').add({ 'dst-address': '0.0.0.0/0', gateway: '192.168.1.1', active: 'true', ...gateway })
    if (this.version.atLeast(7, 0)) this.seen('/system/health').add({ name: 'temperature', value: '45', type: 'C' })
    else this.seen('/system/health').add({ voltage: '24.1', temperature: '38' })
  }

  /** The profile that the hotspot server uses. */
  serverProfile(): Row {
    return this.serverProfiles.named(this.servers.named(HOTSPOT_SERVER)?.profile ?? '') ?? {}
  }

  userProfile(name: string | undefined): Row {
    return this.userProfiles.named(name ?? 'default') ?? this.userProfiles.named('default') ?? {}
  }

  loginMethods(): string[] {
    return (this.serverProfile()['login-by'] ?? '').split(',')
  }

  /** As RouterOS numbers sessions: the service, the starts of the router by sixteens, and which one it is of this start. */
  sessionId(service: '80' | '81', count: number): string {
    return `${service}${(this.reboots % 16).toString(16)}${count.toString(16).padStart(5, '0')}`
  }

  /** What an adoption script does for RADIUS: the client, incoming requests, and the hotspot profile. Undefined undoes it. */
  useRadius(target: RadiusTarget | undefined): void {
    for (const row of this.radius.rows()) {
      if (row.comment === APPLIANCE_COMMENT && row['.id']) this.radius.remove(row['.id'])
    }
    if (target) {
      this.radius.add({
        ...radiusDefaults(),
        address: target.host ?? '127.0.0.1',
        'authentication-port': String(target.authPort ?? 1812),
        'accounting-port': String(target.acctPort ?? 1813),
        secret: target.secret,
        service: 'ppp,hotspot',
        comment: APPLIANCE_COMMENT,
      })
    }
    const used = String(target !== undefined)
    this.incoming.accept = used
    for (const row of this.serverProfiles.rows()) this.serverProfiles.update(row['.id'] ?? '', { 'use-radius': used })
  }

  /** The first enabled RADIUS client for the hotspot, or for PPP. */
  radiusClient(service?: 'hotspot' | 'ppp'): Row | undefined {
    return this.radiusClients(service)[0]
  }

  radiusClients(service: 'hotspot' | 'ppp' = 'hotspot'): Row[] {
    return this.radius
      .rows()
      .filter((row) => row.disabled !== 'true' && row.service?.split(',').includes(service) === true)
  }
}

const FETCH_MS = 5_000

async function downloadByHttp(url: string): Promise<Buffer | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) })
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined
  } catch {
    return undefined
  }
}

export function serverProfileDefaults(): Row {
  return {
    'dns-name': '',
    'hotspot-address': '0.0.0.0',
    'html-directory': 'hotspot',
    'html-directory-override': '',
    'http-cookie-lifetime': '3d',
    'install-hotspot-queue': 'false',
    'login-by': 'mac-cookie,http-chap,http-pap',
    'nas-port-type': 'wireless-802.11',
    'radius-accounting': 'true',
    'radius-interim-update': 'received',
    'split-user-domain': 'false',
    'use-radius': 'false',
  }
}

export function userProfileDefaults(): Row {
  return {
    'add-mac-cookie': 'true',
    'idle-timeout': 'none',
    'keepalive-timeout': '2m',
    'mac-cookie-timeout': '3d',
    'shared-users': '1',
    'status-autorefresh': '1m',
    'transparent-proxy': 'false',
  }
}

export function userDefaults(): Row {
  return {
    profile: 'default',
    'bytes-in': '0',
    'bytes-out': '0',
    'packets-in': '0',
    'packets-out': '0',
    uptime: '0s',
    disabled: 'false',
    dynamic: 'false',
  }
}

export function radiusDefaults(): Row {
  return {
    'accounting-backup': 'false',
    'accounting-port': '1813',
    'authentication-port': '1812',
    disabled: 'false',
    protocol: 'udp',
    'require-message-auth': 'yes-for-request-resp',
    'src-address': '0.0.0.0',
    timeout: '300ms',
  }
}
