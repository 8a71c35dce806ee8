import { isIP } from 'node:net'
import type { Row } from './routeros-patches.ts'

/** The way out that is in use, of the routes to 0.0.0.0/0; `uplink`: its interface, where the router names one. */
export function defaultRoute(routes: Row[]): { uplink: string | undefined } | undefined {
  const route = routes.find(({ active }) => active === 'true')
  if (!route) return undefined
  const gateways = (route['immediate-gw'] ?? route['gateway-status'] ?? '').split(',')
  return { uplink: gateways.map(interfaceOf).findLast((name) => name !== undefined) }
}

/**
 * v7 says `192.168.1.1%ether1`, v6 `192.168.1.1 reachable via  ether1` or `8.8.8.8 recursive via 192.168.1.1 ether1`. A gateway
 * that is an interface (PPPoE, LTE) is its bare name, to which v6 adds ` reachable`.
 */
export function interfaceOf(gateway: string): string | undefined {
  const text = gateway.trim()
  if (text === '' || isIP(text) !== 0 || / unreachable\b/.test(text)) return undefined
  return /(?:%| reachable via\s+| recursive via\s+\S+\s+)(.+)$/.exec(text)?.[1] ?? text.replace(/ reachable$/, '')
}
