import type { Clock } from '../../../clock.ts'
import type { Host } from '../hotspot/hosts.ts'
import type { Hotspot } from '../hotspot/hotspot.ts'
import type { MacCookie } from '../hotspot/mac-cookies.ts'
import type { Session } from '../hotspot/session.ts'
import { formatSeconds } from '../ros-duration.ts'
import { HOTSPOT_INTERFACE, HOTSPOT_SERVER } from '../router-settings.ts'
import { type Answer, type ApiCommand, done, type Menu, type Row, trap, type Verb } from './menu.ts'
import { printVerb, unknownParameter, type Viewer } from './print.ts'
import { ipAddress, macAddress } from './properties.ts'
import { wantedValue } from './query.ts'
import { readReferences } from './table.ts'

const LOGIN_ARGUMENTS = ['domain', 'ip', 'mac-address', 'password', 'user']

/** The live side of the hotspot: host, active, cookie. */
export function liveHotspotMenus(hotspot: Hotspot, viewer: Viewer, clock: Clock): Record<string, Menu> {
  const { hosts, sessions, cookies } = hotspot
  const hostRows = (command: ApiCommand) =>
    matching(hosts.all(), command, { 'mac-address': 'macAddress', address: 'ipAddress' }).map((host) =>
      hostRow(host, sessions.ofPhone(host.macAddress), clock.nowMs()),
    )
  const sessionRows = (command: ApiCommand) =>
    matching(sessions.all(), command, { 'mac-address': 'macAddress', address: 'ipAddress', user: 'username' }).map(
      (session) => activeRow(session, clock.nowMs()),
    )
  const validCookies = () => cookies.valid(clock.nowMs())
  const cookieRows = (command: ApiCommand) =>
    matching(validCookies(), command, { 'mac-address': 'macAddress', user: 'username' }).map((cookie) =>
      cookieRow(cookie, clock.nowMs()),
    )
  return {
    '/ip/hotspot/host': {
      print: printVerb(viewer, hostRows),
      remove: removeVerb(
        () => hosts.all(),
        (host) => hotspot.forget(host),
      ),
    },
    '/ip/hotspot/active': {
      print: printVerb(viewer, sessionRows),
      login: { policy: 'write', run: (command) => logIn(hotspot, viewer, command) },
      remove: removeVerb(
        () => sessions.all(),
        (session) => hotspot.kick(session, 'api'),
      ),
    },
    '/ip/hotspot/cookie': {
      print: printVerb(viewer, cookieRows),
      remove: removeVerb(validCookies, (cookie) => cookies.remove(cookie.macAddress)),
    },
  }
}

/** Those that the queries may find, by the properties named: rows are made only for them. */
function matching<T>(items: T[], command: ApiCommand, fields: Record<string, keyof T>): T[] {
  return Object.entries(fields).reduce((left, [property, field]) => {
    const wanted = wantedValue(command, property)
    return wanted === undefined ? left : left.filter((item) => item[field] === wanted)
  }, items)
}

function removeVerb<T extends { id: string }>(items: () => T[], remove: (item: T) => void): Verb {
  return {
    policy: 'write',
    run(command) {
      const named = readReferences(command, (reference) => items().find(({ id }) => id === reference))
      if ('refused' in named) return named.refused
      for (const item of new Set(named.found)) remove(item)
      return done
    },
  }
}

/** Answers only when the router has decided, which may take as long as RADIUS does. */
async function logIn(hotspot: Hotspot, viewer: Viewer, { args }: ApiCommand): Promise<Answer> {
  const stranger = [...args.keys()].find((name) => !LOGIN_ARGUMENTS.includes(name))
  if (stranger !== undefined) return unknownParameter(viewer.version, stranger)
  const username = args.get('user')
  if (!username) return trap('missing value(s) of argument(s) user')
  const [ip, mac] = [args.get('ip'), args.get('mac-address')]
  if (ip !== undefined && ipAddress(ip) === undefined) return trap('invalid value for argument ip', 1)
  if (mac !== undefined && !macAddress(mac)) return trap('invalid value of mac-address, mac address required', 1)

  const host = ip !== undefined ? hotspot.hosts.at(ip) : mac !== undefined && hotspot.hosts.find(mac)
  if (!host) return trap(`unknown host IP ${ip ?? '0.0.0.0'}`)
  if (mac !== undefined && macAddress(mac) !== host.macAddress) return trap('wrong MAC provided')
  const login = { username, password: args.get('password') ?? '', method: 'chap', by: 'api' } as const
  const result = await hotspot.logIn(host, login)
  return result.outcome === 'online' ? done : trap(result.error)
}

function cookieRow(cookie: MacCookie, nowMs: number): Row {
  return {
    '.id': cookie.id,
    user: cookie.username,
    'mac-address': cookie.macAddress,
    'expires-in': formatSeconds(cookie.expiresAtMs - nowMs),
  }
}

function activeRow(session: Session, nowMs: number): Row {
  const { grant } = session
  const uptimeMs = nowMs - session.startedAtMs
  const row: Row = {
    '.id': session.id,
    server: HOTSPOT_SERVER,
    user: session.username,
    address: session.ipAddress,
    'mac-address': session.macAddress,
    'login-by': session.loginBy,
    uptime: formatSeconds(uptimeMs),
    'idle-time': '0s',
    'keepalive-timeout': '2m',
    ...counters(session),
    radius: String(session.source === 'radius'),
    blocked: 'false',
  }
  if (grant.sessionTimeoutSeconds !== undefined) {
    row['session-time-left'] = formatSeconds(grant.sessionTimeoutSeconds * 1000 - uptimeMs)
  }
  if (grant.totalLimitBytes !== undefined) row['limit-bytes-total'] = String(grant.totalLimitBytes)
  if (grant.uploadLimitBytes !== undefined) row['limit-bytes-in'] = String(grant.uploadLimitBytes)
  if (grant.downloadLimitBytes !== undefined) row['limit-bytes-out'] = String(grant.downloadLimitBytes)
  return row
}

function hostRow(host: Host, session: Session | undefined, nowMs: number): Row {
  return {
    '.id': host.id,
    'mac-address': host.macAddress,
    address: host.ipAddress,
    'to-address': host.ipAddress,
    server: HOTSPOT_SERVER,
    'bridge-port': HOTSPOT_INTERFACE,
    uptime: formatSeconds(nowMs - host.joinedAtMs),
    'idle-time': '0s',
    'host-dead-time': '0s',
    ...counters(session),
    'found-by': 'ARP',
    DHCP: 'true',
    authorized: String(session !== undefined),
    bypassed: 'false',
    dynamic: 'true',
    static: 'false',
  }
}

function counters(session: Session | undefined): Row {
  const [inputBytes, outputBytes] = [session?.inputBytes ?? 0, session?.outputBytes ?? 0]
  return {
    'bytes-in': String(inputBytes),
    'bytes-out': String(outputBytes),
    'packets-in': String(Math.ceil(inputBytes / 1500)),
    'packets-out': String(Math.ceil(outputBytes / 1500)),
  }
}
