import { lookIfAllowed } from '../absent-menu.ts'
import { RouterError } from '../router-error.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import type { Row } from '../routeros-patches.ts'

/** What provisioning reads of a router: menu -> properties. */
const READ: Record<string, string[]> = {
  '/system/resource': ['version'],
  '/interface': ['name', 'type', 'disabled'],
  '/interface/bridge': ['name', 'comment'],
  '/interface/bridge/port': ['interface', 'bridge', 'comment', 'dynamic'],
  '/ip/address': ['address', 'interface', 'comment', 'disabled'],
  '/ip/pool': ['name', 'ranges'],
  '/ip/dhcp-server': ['name', 'interface', 'address-pool', 'lease-time', 'disabled'],
  '/ip/dhcp-server/option': ['name', 'code', 'value', 'force', 'comment'],
  '/ip/dhcp-server/network': ['address', 'gateway', 'dns-server', 'dhcp-option', 'comment'],
  '/ip/dns': ['allow-remote-requests'],
  '/ip/route': ['gateway', 'immediate-gw', 'gateway-status', 'active', 'dst-address'],
  '/ip/firewall/nat': [
    ...['chain', 'action', 'src-address', 'dst-address', 'out-interface', 'out-interface-list'],
    ...['comment', 'disabled', 'dynamic'],
  ],
  '/interface/list/member': ['list', 'interface', 'disabled'],
  '/ip/firewall/filter': [
    ...['chain', 'action', 'src-address', 'protocol', 'dst-port', 'in-interface'],
    ...['comment', 'disabled', 'dynamic'],
  ],
  '/radius': [
    ...['service', 'address', 'authentication-port', 'accounting-port', 'timeout'],
    ...['require-message-auth', 'comment', 'disabled'],
  ],
  '/radius/incoming': ['accept', 'port'],
  '/ip/hotspot': ['name', 'interface', 'address-pool', 'profile', 'disabled', 'invalid'],
  '/ip/hotspot/profile': [
    ...['name', 'hotspot-address', 'login-by', 'use-radius', 'radius-accounting', 'radius-interim-update'],
    ...['html-directory', 'html-directory-override'],
  ],
  '/ip/hotspot/walled-garden': ['action', 'dst-host', 'comment', 'disabled'],
  '/ip/hotspot/walled-garden/ip': ['action', 'dst-address', 'dst-host', 'comment', 'disabled'],
  '/system/ntp/client': ['enabled', 'servers', 'server-dns-names', 'primary-ntp'],
  '/ppp/aaa': ['use-radius', 'accounting', 'interim-update'],
  '/ppp/profile': ['name', 'local-address', 'remote-address', 'comment'],
  '/interface/pppoe-server/server': [
    ...['service-name', 'interface', 'default-profile', 'authentication', 'one-session-per-host', 'disabled'],
  ],
  '/file': ['name', 'size'],
}

/** A router's rows by menu; a menu that it does not have has none. */
export type FoundRows = ReadonlyMap<string, Row[]>

/** `unreadable`: menus that it has and will not show, with what it says. Rejects with a RouterError. */
export async function readRows(router: RouterSpeech): Promise<{ found: FoundRows; unreadable: Map<string, string> }> {
  const unreadable = new Map<string, string>()
  const entries = await Promise.all(
    Object.entries(READ).map(async ([menu, properties]): Promise<[string, Row[]]> => {
      const queries = menu === '/file' ? ['type=.html file'] : []
      const rows = await lookIfAllowed(router, print(menu, properties, ...queries))
      if (rows instanceof RouterError) unreadable.set(menu, rows.message)
      return [menu, rows === undefined || rows instanceof RouterError ? [] : rows]
    }),
  )
  return { found: new Map(entries), unreadable }
}

export const rowsIn = (found: FoundRows, menu: string): Row[] => found.get(menu) ?? []
