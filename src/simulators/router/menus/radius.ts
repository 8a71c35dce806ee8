import type { RadiusExchange } from '../nas/exchange.ts'
import { formatDuration, parseDurationMs } from '../ros-duration.ts'
import { type RouterSettings, radiusDefaults } from '../router-settings.ts'
import type { Answer, ApiCommand, Menu, Row } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { anyText, duration, ipAddress, type Property, texts, wholeNumber, yesOrNo } from './properties.ts'
import { setVerb } from './single-row.ts'
import { readReferences, tableMenu } from './table.ts'

const SERVICES = ['ppp', 'login', 'hotspot', 'wireless', 'dhcp', 'ipsec', 'dot1x']

/** RADIUS servers, their counters, and the port for what they send unasked. */
export function radiusMenus(parts: {
  settings: RouterSettings
  viewer: Viewer
  exchange: RadiusExchange
  /** Moves Disconnect- and CoA-Requests to another port. */
  listenForCoa: (port: number) => Promise<void>
}): Record<string, Menu> {
  const { settings, viewer, exchange } = parts
  return {
    '/radius': {
      ...tableMenu(settings.radius, viewer, {
        properties: radiusProperties(viewer),
        secrets: ['secret'],
        defaults: radiusDefaults,
      }),
      monitor: { policy: 'read', run: (command) => monitor(settings, exchange, command) },
    },
    '/radius/incoming': {
      print: printVerb(viewer, () => [settings.incoming]),
      set: setVerb(viewer, { accept: yesOrNo, port: wholeNumber, vrf: anyText }, async ({ port, ...values }) => {
        if (port !== undefined && port !== settings.incoming.port) await parts.listenForCoa(Number(port))
        Object.assign(settings.incoming, values)
      }),
    },
  }
}

function monitor(settings: RouterSettings, { counters, pending }: RadiusExchange, command: ApiCommand): Answer {
  const named = readReferences(command, (reference) => settings.radius.idOf(reference))
  if ('refused' in named) return named.refused
  const row: Row = {
    pending: String(pending),
    requests: String(counters.requests),
    accepts: String(counters.accepts),
    rejects: String(counters.rejects),
    resends: String(counters.resends),
    timeouts: String(counters.timeouts),
    'bad-replies': String(counters.badReplies),
    'last-request-rtt': formatDuration(counters.lastRequestRttMs),
  }
  return { kind: 'rows', rows: [row] }
}

function radiusProperties(viewer: Viewer): Record<string, Property> {
  const properties: Record<string, Property> = {
    ...texts('called-id', 'certificate', 'comment', 'domain', 'protocol', 'realm', 'secret'),
    'accounting-backup': yesOrNo,
    'accounting-port': wholeNumber,
    address: ipAddress,
    'authentication-port': wholeNumber,
    disabled: yesOrNo,
    service: { choices: () => SERVICES, list: true },
    'src-address': ipAddress,
    timeout: (text) => {
      const ms = parseDurationMs(text) ?? 0
      return ms >= 10 && ms <= 60_000 ? duration()(text) : undefined
    },
  }
  if (viewer.version.atLeast(7, 15)) {
    properties['require-message-auth'] = { choices: () => ['no', 'yes-for-request-resp'] }
  }
  return properties
}
