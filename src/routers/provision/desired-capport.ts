import type { RouterRow } from '../router-table.ts'
import type { Row } from '../routeros-patches.ts'
import { isAtLeast } from '../routeros-release.ts'
import { seesPhones } from './desired-direct.ts'
import { comment, type DesiredRow, OUR_NAME } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { holds, lengthOf } from './ipv4-network.ts'
import { usedHotspots } from './used-hotspots.ts'
import type { Appliance, WantedServices } from './wanted.ts'

/** RFC 8910: tells a phone with its address where it may ask whether it is captive (RFC 8908). */
const CODE = '114'
const NAME = `${OUR_NAME}-capport`
const OPTIONS = '/ip/dhcp-server/option'
const NETWORKS = '/ip/dhcp-server/network'

/**
 * Phones ask over TLS only, so there is nothing to tell while the portal has no https address. They are known by the
 * address of their session: not where all come with the router's, nor where the router keeps its sessions to itself.
 */
export const tellsCapport = (found: FoundRows, router: RouterRow, appliance: Appliance): boolean =>
  appliance.portalUrl.startsWith('https:') && router.accessMode === 'radius' && seesPhones(found, appliance)

/** An option has to be there before a network names it, and may go when none does: `first` before all networks, `last` after. */
export function capport(
  found: FoundRows,
  router: RouterRow,
  wanted: WantedServices,
  appliance: Appliance,
): Record<'first' | 'last', DesiredRow[]> {
  const isTelling = tellsCapport(found, router, appliance)
  const captive = new Set(
    isTelling ? hotspotNetworks(found, wanted).filter((network) => !tellsAnother(found, network)) : [],
  )
  const built = rowsIn(found, NETWORKS).find(isBuiltNetwork)
  const isTold = captive.size > 0 || (wanted.hotspot !== undefined && isTelling && !tellsAnother(found, built))
  const networks = rowsIn(found, NETWORKS)
    .filter((row) => !(wanted.hotspot && isBuiltNetwork(row)))
    .map(
      (row): DesiredRow => ({
        step: 'dhcp',
        menu: NETWORKS,
        adopted: true,
        isIt: (other) => other['.id'] === row['.id'],
        wanted: withCapport(found, row, captive.has(row)),
      }),
    )
  return isTold
    ? { first: [option(found, appliance)], last: networks }
    : { first: [], last: [...networks, { ...ourOption, unwanted: true, wanted: {} }] }
}

function option(found: FoundRows, { portalUrl }: Appliance): DesiredRow {
  const version = rowsIn(found, '/system/resource')[0]?.version ?? ''
  return {
    ...ourOption,
    wanted: {
      name: NAME,
      code: CODE,
      // Within apostrophes it is text to RouterOS.
      value: `'${portalUrl.replaceAll("'", '%27')}/capport'`,
      // Also to phones that do not ask for it; those that use it do ask, and v6 knows no other way.
      ...(isAtLeast(version, 7, 0) && { force: 'yes' }),
      ...(isAtLeast(version, 7, 16) && { comment: comment('capport') }),
    },
  }
}

/** Whether somebody else's option of the same code is told there. */
function tellsAnother(found: FoundRows, network: Row | undefined): boolean {
  const names = namesOf(network)
  return rowsIn(found, OPTIONS).some(({ name = '', code }) => code === CODE && name !== NAME && names.includes(name))
}

/** The network of the hotspot that we build. */
export const isBuiltNetwork = (row: Row): boolean => row.comment === comment('hotspot')

const ourOption = { step: 'dhcp', menu: OPTIONS, isIt: ({ name }: Row) => name === NAME } as const

/** What a network has to say about options so that ours is among them, or is not; the others stay, in their order. */
export function withCapport(found: FoundRows, network: Row | undefined, isTold: boolean): Row {
  const names = namesOf(network)
  const others = names.filter((name) => name !== NAME)
  if (isTold && !tellsAnother(found, network))
    return names.includes(NAME) ? {} : { 'dhcp-option': [...others, NAME].join(',') }
  return others.length === names.length ? {} : { 'dhcp-option': others.join(',') }
}

/** Of the addresses on the interface of a hotspot that we use; of several networks the router uses the narrowest. */
function hotspotNetworks(found: FoundRows, wanted: WantedServices): Row[] {
  const on = new Set(usedHotspots(found, wanted).map((server) => server.interface))
  return rowsIn(found, '/ip/address')
    .filter((row) => on.has(row.interface) && row.disabled !== 'true')
    .flatMap(({ address = '' }) => {
      const around = rowsIn(found, NETWORKS).filter((network) =>
        holds(network.address ?? '', address.split('/')[0] ?? ''),
      )
      return around.sort((a, b) => lengthOf(b.address) - lengthOf(a.address)).slice(0, 1)
    })
}

const namesOf = (network: Row | undefined): string[] => (network?.['dhcp-option'] ?? '').split(',').filter(Boolean)
