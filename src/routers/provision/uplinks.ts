import { interfaceOf } from '../default-route.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { holds } from './ipv4-network.ts'

/** The interfaces over which a router goes out, or would: of a way that is not in use only the gateway is known. */
export function uplinksOf(found: FoundRows): Set<string> {
  const addresses = rowsIn(found, '/ip/address')
  const ways = rowsIn(found, '/ip/route').filter((route) => route['dst-address'] === '0.0.0.0/0')
  const names = ways.flatMap((route) => {
    const used = listOf(route['immediate-gw'] ?? route['gateway-status']).flatMap((text) => interfaceOf(text) ?? [])
    if (used.length > 0) return used
    return listOf(route.gateway).map(
      (gateway) => interfaceOf(gateway) ?? addresses.find(({ address = '' }) => holds(address, gateway))?.interface,
    )
  })
  return new Set(names.filter((name) => name !== undefined))
}

const listOf = (text = ''): string[] => text.split(',').filter(Boolean)
