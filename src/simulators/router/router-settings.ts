import type { Row } from './menus/menu.ts'
import { Table } from './menus/table.ts'
import type { RosVersion } from './ros-version.ts'

export interface RadiusTarget {
  /** Default 127.0.0.1, 1812 and 1813. */
  host?: string
  authPort?: number
  acctPort?: number
  secret: string
}

export const HOTSPOT_SERVER = 'hotspot1'
export const HOTSPOT_INTERFACE = 'bridge'

const APPLIANCE_COMMENT = 'simulator:radius'

/** Everything on the router that an operator can configure, as its menus show it. */
export class RouterSettings {
  readonly version: RosVersion
  readonly policies: ReadonlySet<string>
  readonly identity: Row
  /** `/radius/incoming`. */
  readonly incoming: Row = { accept: 'false', port: '3799' }
  readonly servers = new Table()
  readonly serverProfiles = new Table()
  readonly users = new Table()
  readonly userProfiles = new Table()
  readonly radius = new Table()

  constructor(version: RosVersion, policies: readonly string[], identity: string) {
    this.version = version
    this.policies = new Set(policies)
    this.identity = { name: identity }
    this.servers.add({
      HTTPS: 'false',
      'address-pool': 'hs-pool-1',
      'addresses-per-mac': '2',
      disabled: 'false',
      'idle-timeout': '5m',
      interface: HOTSPOT_INTERFACE,
      invalid: 'false',
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

  /** The first enabled RADIUS client for the hotspot. */
  radiusClient(): Row | undefined {
    return this.radiusClients()[0]
  }

  radiusClients(): Row[] {
    return this.radius
      .rows()
      .filter((row) => row.disabled !== 'true' && row.service?.split(',').includes('hotspot') === true)
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
