import { isIPv4, isIPv6 } from 'node:net'
import type { Config } from './config.ts'
import {
  addressTowards,
  defaultGateway,
  isLoopback,
  ownAddress,
  portalUrlBy,
  portalUrlOf,
  routesByGateway,
} from './own-address.ts'
import type { Appliance } from './routers/provision/wanted.ts'

/**
 * How a router at `routerHost` reaches this machine, by the addresses that it has now: it may have started before its
 * network did, and a lease may change. Undefined while it has none that the router could reach.
 */
export async function applianceForRouter(
  { site, http, radius }: Pick<Config, 'site' | 'http' | 'radius'>,
  routerHost: string,
): Promise<Appliance | undefined> {
  const firstUrl = portalUrlOf({ site, http }, http.port)
  const named = site.portal_url === undefined ? http.host : new URL(firstUrl).hostname
  // A portal that is known by a name may stand on any of our addresses: the router knows us by the one it sees.
  const isSaid = isIPv4(named) && named !== '0.0.0.0'
  const seen = isIPv6(routerHost) ? ownAddress(http.host) : await addressTowards(routerHost)
  const address = isSaid ? named : seen
  const isElsewhere = !isLoopback(routerHost)
  const portalUrl = isElsewhere ? portalUrlBy({ site, http }, firstUrl, address) : firstUrl
  const host = new URL(portalUrl).hostname
  if (address === undefined || (isElsewhere && (isLoopback(address) || isLoopback(host)))) return undefined
  return {
    address,
    portalUrl,
    gatewayAddress: await defaultGateway(),
    routes: await routesByGateway(),
    radiusAuthPort: radius.auth_port,
    radiusAcctPort: radius.acct_port,
    interimIntervalSeconds: radius.interim_interval,
  }
}
