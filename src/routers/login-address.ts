import { isIPv4 } from 'node:net'
import type { Db } from '../store/database.ts'
import { parseNetwork } from './provision/ipv4-network.ts'
import { wishesOf } from './provision/wishes.ts'
import { allRouters, type RouterRow, routerByAddress } from './router-table.ts'
import { probeOf } from './watch/probes.ts'

const LONGEST = 300

/**
 * The router whose own login form this address (`$(link-login-only)`) is; undefined for every address that is no known
 * router's. Whoever sends a password there must have asked here first: the address came in a link.
 */
export function routerOfLoginAddress(db: Db, address: string): RouterRow | undefined {
  const url = address.length <= LONGEST && URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return allRouters(db).find((router) => loginHosts(db, router).includes(url.hostname))
}

/**
 * The login form of the hotspot behind a router that masquerades, for a phone that has not been sent here by it: the phone's
 * requests come from the router's own address.
 */
export function loginAddressBehind(db: Db, address: string): string | undefined {
  const router = routerByAddress(db, address)
  const host = router && [builtGateway(db, router.id), ...foundHosts(db, router.id)].find((one) => one && isIPv4(one))
  return host === undefined ? undefined : `http://${host}/login`
}

/** Where it speaks from, where the hotspot that we built on it is, and what was found on it. */
function loginHosts(db: Db, { id, address }: RouterRow): (string | null | undefined)[] {
  return [address, builtGateway(db, id), ...foundHosts(db, id)]
}

function builtGateway(db: Db, routerId: number): string | undefined {
  const network = wishesOf(db, routerId).wanted.hotspot?.network
  return network && parseNetwork(network)?.gateway
}

const foundHosts = (db: Db, routerId: number): string[] =>
  (probeOf(db, routerId)?.findings?.loginHosts ?? []).map((host) => host.toLowerCase())
