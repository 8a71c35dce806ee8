import { isIPv4 } from 'node:net'
import { hotspotLoginPage } from '../hotspot-login-page.ts'
import type { RouterRow } from '../router-table.ts'
import { isAtLeast } from '../routeros-release.ts'
import { TIME_SERVERS } from '../time-servers.ts'
import { choiceOfHotspots, mustChoose } from './chosen-hotspots.ts'
import { capport } from './desired-capport.ts'
import { direct } from './desired-direct.ts'
import { adoptedHotspots, builtHotspot } from './desired-hotspot.ts'
import { comment, type DesiredRow, type Obstacle, OUR_NAME, type Step } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { hiddenPhones } from './hidden-phones.ts'
import { parseNetwork } from './ipv4-network.ts'
import { directoryOfServer, notOurs, ownDirectory, usedHotspots } from './used-hotspots.ts'
import type { Appliance, WantedServices } from './wanted.ts'

/** The page by which a router's hotspot sends phones to the portal: which file, and what its size shows. */
export interface DesiredPage {
  step: Step
  path: string
  url: string
  bytes: number
  /** For this server alone, whose directory begins with the router's own pages. */
  server?: string
}

export interface DesiredRouter {
  rows: DesiredRow[]
  pages: DesiredPage[]
  obstacles: Obstacle[]
}

/** How a router has to be, given what is on it: what we build, and what of others we use. */
export function desiredRouter(
  found: FoundRows,
  router: RouterRow,
  wanted: WantedServices,
  appliance: Appliance,
): DesiredRouter {
  const built = wanted.hotspot
    ? builtHotspot(found, wanted.hotspot, router, appliance)
    : { rows: [], obstacles: nothingToUse(found, wanted) }
  const choice = choiceOfHotspots(found, wanted, router.id)
  const pppoe = wanted.pppoe ? pppoeServer(wanted.pppoe, appliance) : { rows: [], obstacles: [] }
  const phonesAsk = capport(found, router, wanted, appliance)
  const asksRadius = router.accessMode === 'radius' || wanted.pppoe !== undefined
  return {
    rows: [
      ...phonesAsk.first,
      ...direct(found, wanted, appliance),
      ...built.rows,
      ...(asksRadius ? radius(found, router, appliance) : []),
      ...adoptedHotspots(found, wanted, router, appliance),
      ...(mustChoose(found, wanted) ? [] : walledGarden(appliance)),
      inputRule(appliance),
      ...networkTime(found),
      ...pppoe.rows,
      ...phonesAsk.last,
    ],
    pages: loginPages(found, wanted, router, appliance),
    obstacles: [...built.obstacles, ...choice, ...pppoe.obstacles, ...hiddenPhones(found, wanted, appliance)],
  }
}

function nothingToUse(found: FoundRows, { pppoe }: WantedServices): Obstacle[] {
  const servers = rowsIn(found, '/ip/hotspot').filter(({ disabled }) => disabled !== 'true')
  if (servers.length > 0 || pppoe) return []
  return [{ step: 'hotspot-server', message: 'there is no hotspot; say on which interface one is to be built' }]
}

function radius(found: FoundRows, router: RouterRow, appliance: Appliance): DesiredRow[] {
  const ours = comment('radius')
  const version = rowsIn(found, '/system/resource')[0]?.version ?? ''
  return [
    {
      step: 'radius',
      menu: '/radius',
      isIt: (row) => row.comment === ours,
      wanted: {
        comment: ours,
        service: 'hotspot,ppp',
        address: appliance.address,
        'authentication-port': String(appliance.radiusAuthPort),
        'accounting-port': String(appliance.radiusAcctPort),
        timeout: '3s',
        disabled: 'no',
        ...(isAtLeast(version, 7, 15) && { 'require-message-auth': 'yes-for-request-resp' }),
      },
      secret: { secret: router.radiusSecret },
    },
    {
      step: 'radius',
      menu: '/radius/incoming',
      single: true,
      isIt: () => true,
      wanted: { accept: 'yes', port: String(router.coaPort) },
    },
  ]
}

function walledGarden({ address, portalUrl }: Appliance): DesiredRow[] {
  const [appliance, portal] = [comment('appliance'), comment('portal')]
  const host = new URL(portalUrl).hostname
  const step = 'walled-garden'
  const [addresses, hosts] = ['/ip/hotspot/walled-garden/ip', '/ip/hotspot/walled-garden']
  const row = (menu: string, ours: string, wanted: DesiredRow['wanted']): DesiredRow => ({
    step,
    menu,
    isIt: (found) => found.comment === ours,
    wanted: { comment: ours, disabled: 'no', ...wanted },
  })
  return [
    row(addresses, appliance, { action: 'accept', 'dst-address': address }),
    ...(host === address
      ? []
      : [row(addresses, portal, { action: 'accept', [isIPv4(host) ? 'dst-address' : 'dst-host']: host })]),
    row(hosts, portal, { action: 'allow', 'dst-host': host }),
  ]
}

/** The appliance may reach the router itself: its API, and RADIUS disconnects. */
function inputRule({ address }: Appliance): DesiredRow {
  const ours = comment('appliance')
  return {
    step: 'firewall',
    menu: '/ip/firewall/filter',
    isIt: (row) => row.comment === ours,
    first: true,
    wanted: { chain: 'input', action: 'accept', 'src-address': address, comment: ours, disabled: 'no' },
  }
}

/** A router forgets the time when its power goes. One that asks somebody already is left alone. */
function networkTime(found: FoundRows): DesiredRow[] {
  const menu = '/system/ntp/client'
  const [client] = rowsIn(found, menu)
  if (!client) return []
  const version = rowsIn(found, '/system/resource')[0]?.version ?? ''
  const named = isAtLeast(version, 7, 0) ? 'servers' : 'server-dns-names'
  const asks = client[named] || (client['primary-ntp'] ?? '0.0.0.0') !== '0.0.0.0'
  const wanted: DesiredRow['wanted'] = asks ? { enabled: 'yes' } : { enabled: 'yes', [named]: TIME_SERVERS }
  return [{ step: 'ntp', menu, single: true, isIt: () => true, wanted }]
}

function pppoeServer(
  { interface: on, network: cidr }: NonNullable<WantedServices['pppoe']>,
  { interimIntervalSeconds }: Appliance,
): { rows: DesiredRow[]; obstacles: Obstacle[] } {
  const network = parseNetwork(cidr)
  if (!network) return { rows: [], obstacles: [{ step: 'pppoe', message: `${cidr} is no IPv4 network` }] }
  const name = `${OUR_NAME}-pppoe`
  const ours = comment('pppoe')
  return {
    obstacles: [],
    rows: [
      {
        step: 'pppoe',
        menu: '/ip/pool',
        isIt: (row) => row.name === name,
        wanted: { name, ranges: network.range },
      },
      {
        step: 'pppoe',
        menu: '/ppp/profile',
        isIt: (row) => row.name === name,
        wanted: { name, 'local-address': network.gateway, 'remote-address': name, comment: ours },
      },
      {
        step: 'pppoe',
        menu: '/ppp/aaa',
        single: true,
        isIt: () => true,
        wanted: { 'use-radius': 'yes', accounting: 'yes', 'interim-update': `${interimIntervalSeconds}s` },
      },
      {
        step: 'pppoe',
        menu: '/interface/pppoe-server/server',
        isIt: (row) => row['service-name'] === name,
        wanted: {
          'service-name': name,
          interface: on,
          'default-profile': name,
          authentication: 'pap,chap,mschap2',
          'one-session-per-host': 'yes',
          disabled: 'no',
        },
      },
      {
        step: 'pppoe',
        menu: '/ip/firewall/nat',
        isIt: (row) => row.comment === ours,
        wanted: { chain: 'srcnat', action: 'masquerade', 'src-address': network.cidr, comment: ours, disabled: 'no' },
      },
    ],
  }
}

/** One for each directory that a running hotspot reads its pages from. */
function loginPages(
  found: FoundRows,
  wanted: WantedServices,
  { id }: RouterRow,
  { portalUrl }: Appliance,
): DesiredPage[] {
  const own = wanted.hotspot && ownDirectory(found)
  const shared = notOurs(found, wanted, (server) => directoryOfServer(found, server))
  const directories = new Set(
    usedHotspots(found, wanted)
      .filter(({ name }) => own === undefined || name !== OUR_NAME)
      .map((server) => directoryOfServer(found, server))
      .filter((directory) => !shared.has(directory)),
  )
  // Ours is about to be made, and reads where all do unless it is told otherwise.
  if (wanted.hotspot && directories.size === 0) directories.add(own ?? 'hotspot')
  const bytes = Buffer.byteLength(hotspotLoginPage({ portalUrl, routerId: id }))
  return [...directories].map((directory) => ({
    step: 'login-page',
    path: `${directory}/login.html`,
    url: `${portalUrl}/hotspot/login.html?router=${id}`,
    bytes,
    ...(directory === own && { server: OUR_NAME }),
  }))
}
