import { lookIfThere } from '../absent-menu.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import type { Row } from '../routeros-patches.ts'

/** An access point as its router sees it. `managed`: by CAPsMAN. `neighbor`: it only announces itself. */
export interface SeenAccessPoint {
  /** The same access point has the same key on its router: `own`, a serial number or a MAC address. */
  key: string
  kind: 'own' | 'managed' | 'neighbor'
  name: string
  model: string | null
  version: string | null
  address: string | null
  online: boolean
  /** Null when its router cannot know. */
  clients: number | null
  /** Mean over its clients; null without any. */
  signalDbm: number | null
}

/** Where clients, managed access points and their radios are found; a router may have any of these sets, several, or none. */
const SYSTEMS = [
  {
    clients: '/interface/wifi/registration-table',
    caps: '/interface/wifi/capsman/remote-cap',
    radios: '/interface/wifi/radio',
  },
  {
    clients: '/interface/wifiwave2/registration-table',
    caps: '/interface/wifiwave2/capsman/remote-cap',
    radios: '/interface/wifiwave2/radio',
  },
  { clients: '/caps-man/registration-table', caps: '/caps-man/remote-cap', radios: '/caps-man/radio' },
  { clients: '/interface/wireless/registration-table', caps: undefined, radios: undefined },
]

const CLIENT = ['interface', 'mac-address', 'signal', 'signal-strength', 'rx-signal']
const CAP = [
  'identity',
  'name',
  'common-name',
  'board',
  'board-name',
  'serial',
  'version',
  'base-mac',
  'address',
  'state',
]
const RADIO = ['interface', 'cap', 'remote-cap-identity', 'remote-cap-name']
const NEIGHBOR = [
  'mac-address',
  'address',
  'identity',
  'platform',
  'board',
  'version',
  'system-caps',
  'system-caps-enabled',
]

/** A wireless board of MikroTik by its name: cAP, wAP, hAP, mAP, Audience, and the older RB...nD. */
const MIKROTIK_AP = /[chmw]AP|Audience|nD\b|acD\b|axD\b/i

/** Every access point that a router runs, manages or hears of. Rejects with a RouterError. */
export async function readAccessPoints(router: RouterSpeech, routerName: string): Promise<SeenAccessPoint[]> {
  const [neighbors, ...systems] = await Promise.all([
    lookIfThere(router, print('/ip/neighbor', NEIGHBOR)),
    ...SYSTEMS.map((menus) => readSystem(router, menus)),
  ])
  const managed = systems.flatMap(({ caps }) => caps)
  const own = systems.flatMap(({ clients }) => clients)
  const hasRadio = systems.some(({ hasOwnRadio }) => hasOwnRadio) || own.length > 0
  const macs = new Set(managed.flatMap(({ macAddress }) => macAddress ?? []))
  return [
    ...(hasRadio ? [ownAccessPoint(routerName, own)] : []),
    ...managed.map(({ seen }) => seen),
    ...(neighbors ?? []).filter(isAccessPoint).flatMap((row) => neighborOf(row, macs)),
  ]
}

interface System {
  caps: { seen: SeenAccessPoint; macAddress: string | undefined }[]
  /** Of the router's own radios. */
  clients: Row[]
  hasOwnRadio: boolean
}

async function readSystem(router: RouterSpeech, menus: (typeof SYSTEMS)[number]): Promise<System> {
  const look = async (menu: string | undefined, properties: string[]) =>
    menu === undefined ? [] : ((await lookIfThere(router, print(menu, properties))) ?? [])
  const [clients, caps, radios] = await Promise.all([
    look(menus.clients, CLIENT),
    look(menus.caps, CAP),
    look(menus.radios, RADIO),
  ])
  const capOfInterface = new Map(radios.map((radio) => [radio.interface, capOfRadio(radio, caps)]))
  const clientsOf = (cap: Row | undefined) => clients.filter((row) => capOfInterface.get(row.interface) === cap)
  return {
    caps: caps.map((cap) => ({ seen: managedOf(cap, clientsOf(cap)), macAddress: cap['base-mac'] })),
    clients: clientsOf(undefined),
    hasOwnRadio: radios.some((radio) => capOfRadio(radio, caps) === undefined),
  }
}

/** Which of the managed access points a radio belongs to; undefined for the router's own. */
function capOfRadio(radio: Row, caps: Row[]): Row | undefined {
  const said = radio['remote-cap-identity'] ?? radio['remote-cap-name'] ?? radio.cap
  if (said === undefined || said === '') return undefined
  // wifi says `identity@address%interface`.
  return caps.find(
    ({ identity, name, 'common-name': common }) =>
      said === identity ||
      said === name ||
      said === common ||
      (identity !== undefined && said.startsWith(`${identity}@`)),
  )
}

const ownAccessPoint = (name: string, clients: Row[]): SeenAccessPoint => ({
  key: 'own',
  kind: 'own',
  name,
  model: null,
  version: null,
  address: null,
  online: true,
  ...clientsIn(clients),
})

function managedOf(cap: Row, clients: Row[]): SeenAccessPoint {
  // `Run` in caps-man, `Ok` in wifi; anything else is on its way in or out.
  const online = cap.state === undefined || /^(run|ok)/i.test(cap.state)
  return {
    key: cap.serial ?? cap['base-mac'] ?? cap.identity ?? cap.name ?? 'unknown',
    kind: 'managed',
    name: cap.identity ?? cap.name ?? cap.serial ?? 'access point',
    model: cap.board ?? cap['board-name'] ?? null,
    version: cap.version ?? null,
    // `10.22.87.11/60383`
    address: cap.address?.split('/')[0] ?? null,
    online,
    ...clientsIn(clients),
  }
}

function isAccessPoint({ board, 'system-caps': can, 'system-caps-enabled': does }: Row): boolean {
  if (does !== undefined && does !== '') return does.includes('wlan-ap')
  return can?.includes('wlan-ap') === true || MIKROTIK_AP.test(board ?? '')
}

function neighborOf(row: Row, managed: ReadonlySet<string>): SeenAccessPoint[] {
  const macAddress = row['mac-address']
  if (macAddress === undefined || managed.has(macAddress)) return []
  return [
    {
      key: macAddress,
      kind: 'neighbor',
      name: row.identity ?? macAddress,
      model: row.board ?? row.platform ?? null,
      version: row.version ?? null,
      address: row.address ?? null,
      online: true,
      clients: null,
      signalDbm: null,
    },
  ]
}

function clientsIn(clients: Row[]): { clients: number; signalDbm: number | null } {
  const signals = clients
    .map((row) => Number.parseInt(row.signal ?? row['rx-signal'] ?? row['signal-strength'] ?? '', 10))
    .filter(Number.isFinite)
  const sum = signals.reduce((total, signal) => total + signal, 0)
  return { clients: clients.length, signalDbm: signals.length === 0 ? null : Math.round(sum / signals.length) }
}

/** Whether something answers at an address, as the router sees it; for an access point that has stopped announcing itself. */
export async function answersPing(router: RouterSpeech, address: string): Promise<boolean> {
  const rows = await router.look(['/ping', `=address=${address}`, '=count=2', '=.proplist=received,time'])
  return rows.some((row) => row.time !== undefined || Number(row.received ?? 0) > 0)
}
