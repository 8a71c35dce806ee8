import type { Context } from 'hono'
import { addressTowards, isLoopback, portalUrlBy } from '../own-address.ts'
import { clientAddress, localAddress } from './client-address.ts'
import type { House } from './house.ts'

/** The portal's address for who asks: he has found his way to one of ours, and may know none to the others. */
export const portalUrlFor = ({ config, portalUrl }: House, context: Context): string =>
  portalUrlBy(config, portalUrl, localAddress(context))

/** The same for a router that is told how it reaches us; it may let in only the address by which we come to it. */
export async function portalUrlForRouter(house: House, context: Context, address: string | null): Promise<string> {
  const { config, portalUrl } = house
  if (address === null || isLoopback(address)) return portalUrlFor(house, context)
  return portalUrlBy(config, portalUrl, await addressTowards(address))
}

/** For the router that fetches its script itself. */
export const portalUrlForCaller = (house: House, context: Context): Promise<string> =>
  portalUrlForRouter(house, context, clientAddress(context, house.config.http.trusted_proxies))
