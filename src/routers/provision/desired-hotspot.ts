import type { RouterRow } from '../router-table.ts'
import type { Row } from '../routeros-patches.ts'
import { isBuiltNetwork, tellsCapport, withCapport } from './desired-capport.ts'
import { comment, type DesiredRow, isOurName, isOurs, type Obstacle, OUR_NAME } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { type Ipv4Network, parseNetwork } from './ipv4-network.ts'
import { uplinksOf } from './uplinks.ts'
import { LOGIN_BY, notOurs, ownDirectory, usedHotspots } from './used-hotspots.ts'
import type { Appliance, WantedHotspot, WantedServices } from './wanted.ts'

type Desired = { rows: DesiredRow[]; obstacles: Obstacle[] }

const HOTSPOT = comment('hotspot')
const POOL = `${OUR_NAME}-hotspot`

/** The hotspots that others have made and that we use: we change only what logging in needs. */
export function adoptedHotspots(
  found: FoundRows,
  wanted: WantedServices,
  router: RouterRow,
  appliance: Appliance,
): DesiredRow[] {
  const profiles = new Set(usedHotspots(found, wanted).flatMap(({ profile }) => profile ?? []))
  const shared = notOurs(found, wanted, ({ profile = '' }) => profile)
  return [...profiles]
    .filter((profile) => !isOurName(profile) && !shared.has(profile))
    .map((profile) => ({
      step: 'used-hotspot',
      menu: '/ip/hotspot/profile',
      adopted: true,
      isIt: ({ name }) => name === profile,
      wanted: loginProperties(router, appliance),
    }))
}

/** The hotspot that we build, from the bridge up. */
export function builtHotspot(
  found: FoundRows,
  wanted: WantedHotspot,
  router: RouterRow,
  appliance: Appliance,
): Desired {
  const network = parseNetwork(wanted.network)
  if (!network) return { rows: [], obstacles: [{ step: 'address', message: `${wanted.network} is no IPv4 network` }] }
  const bridge = wanted.ports === undefined ? { rows: [], obstacles: [] } : ownBridge(found, wanted.ports)
  const on = wanted.ports === undefined ? (wanted.interface ?? '') : OUR_NAME
  const directory = ownDirectory(found)
  return {
    rows: [
      ...bridge.rows,
      ...addressing(found, on, network, tellsCapport(found, router, appliance)),
      {
        step: 'hotspot-profile',
        menu: '/ip/hotspot/profile',
        isIt: ({ name }) => name === OUR_NAME,
        wanted: {
          ...{ name: OUR_NAME, 'hotspot-address': network.gateway, ...loginProperties(router, appliance) },
          ...(directory !== undefined && { 'html-directory': directory }),
        },
      },
      {
        step: 'hotspot-server',
        menu: '/ip/hotspot',
        isIt: ({ name }) => name === OUR_NAME,
        wanted: { name: OUR_NAME, interface: on, 'address-pool': POOL, profile: OUR_NAME, disabled: 'no' },
      },
    ],
    obstacles: [...bridge.obstacles, ...inTheWay(found, on, wanted.ports !== undefined, network)],
  }
}

function loginProperties({ accessMode }: RouterRow, { interimIntervalSeconds }: Appliance): Row {
  if (accessMode === 'local') return { 'login-by': LOGIN_BY, 'use-radius': 'no' }
  return {
    'login-by': LOGIN_BY,
    'use-radius': 'yes',
    'radius-accounting': 'yes',
    'radius-interim-update': `${interimIntervalSeconds}s`,
  }
}

function ownBridge(found: FoundRows, ports: string[]): Desired {
  const rows: DesiredRow[] = [
    {
      step: 'bridge',
      menu: '/interface/bridge',
      isIt: ({ name }) => name === OUR_NAME,
      wanted: { name: OUR_NAME, comment: HOTSPOT },
    },
    ...ports.map(
      (port): DesiredRow => ({
        step: 'bridge',
        menu: '/interface/bridge/port',
        isIt: (row) => row.interface === port && row.bridge === OUR_NAME,
        wanted: { interface: port, bridge: OUR_NAME, comment: HOTSPOT },
      }),
    ),
  ]
  const taken = rowsIn(found, '/interface/bridge/port').filter(
    (row) => ports.includes(row.interface ?? '') && row.bridge !== OUR_NAME && row.dynamic !== 'true',
  )
  const obstacles = taken.map(
    (row): Obstacle => ({ step: 'bridge', message: `${row.interface} belongs to the bridge ${row.bridge}` }),
  )
  return { rows, obstacles }
}

function addressing(found: FoundRows, on: string, network: Ipv4Network, isTold: boolean): DesiredRow[] {
  return [
    {
      step: 'address',
      menu: '/ip/address',
      isIt: (row) => row.comment === HOTSPOT,
      wanted: { address: network.gatewayWithLength, interface: on, comment: HOTSPOT, disabled: 'no' },
    },
    {
      step: 'dhcp',
      menu: '/ip/pool',
      isIt: ({ name }) => name === POOL,
      wanted: { name: POOL, ranges: network.range },
    },
    {
      step: 'dhcp',
      menu: '/ip/dhcp-server',
      isIt: ({ name }) => name === POOL,
      wanted: { name: POOL, interface: on, 'address-pool': POOL, 'lease-time': '1h', disabled: 'no' },
    },
    {
      step: 'dhcp',
      menu: '/ip/dhcp-server/network',
      isIt: isBuiltNetwork,
      wanted: {
        ...{ address: network.cidr, gateway: network.gateway, 'dns-server': network.gateway, comment: HOTSPOT },
        ...withCapport(found, rowsIn(found, '/ip/dhcp-server/network').find(isBuiltNetwork), isTold),
      },
    },
    ...resolver(found),
    {
      step: 'nat',
      menu: '/ip/firewall/nat',
      isIt: (row) => row.comment === HOTSPOT,
      wanted: {
        chain: 'srcnat',
        action: 'masquerade',
        'src-address': network.cidr,
        comment: HOTSPOT,
        disabled: 'no',
      },
    },
  ]
}

/**
 * Phones may ask the router for names; the Internet may not, not even for a moment: each way out is closed before, and one
 * that is not in use stays so. While none is known, nobody may ask.
 */
function resolver(found: FoundRows): DesiredRow[] {
  const interfaces = new Set(rowsIn(found, '/interface').map(({ name }) => name))
  const closed = rowsIn(found, '/ip/firewall/filter').flatMap((row) => {
    const name = row['in-interface']
    return name !== undefined && interfaces.has(name) && row.comment === closedTo(name, row.protocol) ? [name] : []
  })
  const uplinks = [...new Set([...uplinksOf(found), ...closed])]
  if (uplinks.length === 0) return []
  return [
    ...uplinks.flatMap((uplink) => ['udp', 'tcp'].map((protocol) => closedResolver(uplink, protocol))),
    {
      step: 'dhcp',
      menu: '/ip/dns',
      single: true,
      isIt: () => true,
      wanted: { 'allow-remote-requests': 'yes' },
    },
  ]
}

const closedTo = (uplink: string, protocol = ''): string => comment(`dns-${protocol} ${uplink}`)

function closedResolver(uplink: string, protocol: string): DesiredRow {
  const ours = closedTo(uplink, protocol)
  return {
    step: 'dhcp',
    menu: '/ip/firewall/filter',
    isIt: (row) => row.comment === ours,
    first: true,
    wanted: {
      chain: 'input',
      action: 'drop',
      protocol,
      'dst-port': '53',
      'in-interface': uplink,
      comment: ours,
      disabled: 'no',
    },
  }
}

function inTheWay(found: FoundRows, on: string, isOurBridge: boolean, network: Ipv4Network): Obstacle[] {
  const obstacles: Obstacle[] = []
  if (!isOurBridge && !rowsIn(found, '/interface').some(({ name }) => name === on)) {
    obstacles.push({ step: 'address', message: `there is no interface ${on}` })
  }
  const server = rowsIn(found, '/ip/hotspot').find((row) => row.interface === on && !isOurName(row.name))
  if (server) {
    obstacles.push({
      step: 'hotspot-server',
      message: `${on} has a hotspot already: ${server.name}; it can be used as it is (--use ${server.name})`,
    })
  }
  const dhcp = rowsIn(found, '/ip/dhcp-server').find(
    (row) => row.interface === on && !isOurName(row.name) && row.disabled !== 'true',
  )
  if (dhcp) obstacles.push({ step: 'dhcp', message: `${on} has a DHCP server already: ${dhcp.name}` })
  const address = rowsIn(found, '/ip/address').find((row) => row.address === network.gatewayWithLength && !isOurs(row))
  if (address) obstacles.push({ step: 'address', message: `${network.gateway} is on ${address.interface} already` })
  return obstacles
}
