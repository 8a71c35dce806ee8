import { comment, type DesiredRow } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { holds, lengthOf, networkAround, parseNetwork } from './ipv4-network.ts'
import { uplinksOf } from './uplinks.ts'
import { usedHotspots } from './used-hotspots.ts'
import type { Appliance, WantedServices } from './wanted.ts'

const NAT = '/ip/firewall/nat'
const OURS = comment('direct ')

/**
 * Phones come to us with their own addresses where our answers find back to them: the portal knows them by it, and tells
 * them whether they are captive. What masquerades them for the Internet stands behind these rows.
 */
export function direct(found: FoundRows, wanted: WantedServices, appliance: Appliance): DesiredRow[] {
  const networks = customerNetworks(found, wanted, appliance).filter((network) =>
    staysDirect(found, appliance, network),
  )
  const stays = (row: { comment?: string }) => networks.some((network) => row.comment === OURS + network)
  const past = isKnown(found, appliance) ? rowsIn(found, NAT).filter((row) => isDirect(row) && !stays(row)) : []
  return [
    ...networks.map(
      (network): DesiredRow => ({
        step: 'nat',
        menu: NAT,
        isIt: (row) => row.comment === OURS + network,
        first: true,
        wanted: {
          ...{ chain: 'srcnat', action: 'accept', 'src-address': network, 'dst-address': appliance.address },
          ...{ comment: OURS + network, disabled: 'no' },
        },
      }),
    ),
    ...past.map(
      (row): DesiredRow => ({
        step: 'nat',
        menu: NAT,
        isIt: (other) => other['.id'] === row['.id'],
        unwanted: true,
        wanted: {},
      }),
    ),
  ]
}

/** Whether what we answer to a network of customers goes by this router, be it by our default route or by one of its own. */
export function staysDirect(found: FoundRows, appliance: Appliance, network: string): boolean {
  const route = appliance.routes
    .filter((one) => holds(one.network, network.split('/')[0] ?? '') && lengthOf(one.network) <= lengthOf(network))
    .sort((a, b) => lengthOf(b.network) - lengthOf(a.network))[0]
  return route ? isOnRouter(found, route.gateway) : seesPhones(found, appliance)
}

/** Its own in our network. */
export function routerAddressTowards(found: FoundRows, { address: ours }: Appliance): string | undefined {
  return addressesAround(found, ours)[0]?.address?.split('/')[0]
}

/** Whether the phones of this router come, or are about to come, with their own addresses. */
export function seesPhones(found: FoundRows, appliance: Appliance): boolean {
  if (!isKnown(found, appliance)) return rowsIn(found, NAT).some(isDirect)
  const on = interfaceTo(found, appliance.address)
  return answersThatWay(found, appliance) && on !== undefined && !uplinksOf(found).has(on)
}

/** Two routers may share a network with us: what we answer goes to one of them. */
const answersThatWay = (found: FoundRows, { gatewayAddress }: Appliance): boolean => isOnRouter(found, gatewayAddress)

const isOnRouter = (found: FoundRows, ours: string | undefined): boolean =>
  rowsIn(found, '/ip/address').some(({ address, disabled }) => disabled !== 'true' && address?.split('/')[0] === ours)

export const isDirect = (row: { comment?: string }): boolean => row.comment?.startsWith(OURS) === true

/** A router that has no way out for the moment does not show on which of its sides we are. */
const isKnown = (found: FoundRows, appliance: Appliance): boolean =>
  !answersThatWay(found, appliance) || interfaceTo(found, appliance.address) === undefined || uplinksOf(found).size > 0

/** Undefined: we are not in a network of its own. */
export const interfaceTo = (found: FoundRows, ours: string): string | undefined =>
  addressesAround(found, ours)[0]?.interface

/** The narrowest first. */
const addressesAround = (found: FoundRows, ours: string) =>
  rowsIn(found, '/ip/address')
    .filter(({ address = '', disabled }) => disabled !== 'true' && holds(address, ours))
    .sort((a, b) => lengthOf(b.address) - lengthOf(a.address))

/** Without the one in which we are ourselves: nothing of that goes through the router. */
export function customerNetworks(found: FoundRows, wanted: WantedServices, { address: ours }: Appliance): string[] {
  const on = new Set(usedHotspots(found, wanted).map((server) => server.interface))
  const used = rowsIn(found, '/ip/address')
    .filter((row) => on.has(row.interface) && row.disabled !== 'true')
    .flatMap(({ address = '' }) => networkAround(address) ?? [])
  const built = [wanted.hotspot, wanted.pppoe].flatMap((service) => parseNetwork(service?.network ?? '')?.cidr ?? [])
  return [...new Set([...built, ...used])].filter((network) => !holds(network, ours))
}
