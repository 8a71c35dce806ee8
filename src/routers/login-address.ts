import type { Db } from '../store/database.ts'
import { parseNetwork } from './provision/ipv4-network.ts'
import { wishesOf } from './provision/wishes.ts'
import { allRouters, type RouterRow } from './router-table.ts'
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

/** Where it speaks from, where the hotspot that we built on it is, and what was found on it. */
function loginHosts(db: Db, { id, address }: RouterRow): (string | null | undefined)[] {
  const network = wishesOf(db, id).wanted.hotspot?.network
  return [
    address,
    network && parseNetwork(network)?.gateway,
    ...(probeOf(db, id)?.findings?.loginHosts ?? []).map((host) => host.toLowerCase()),
  ]
}
