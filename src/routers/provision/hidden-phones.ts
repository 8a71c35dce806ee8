import type { Row } from '../routeros-patches.ts'
import { customerNetworks, interfaceTo, isDirect, routerAddressTowards, staysDirect } from './desired-direct.ts'
import type { Obstacle } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import { holds } from './ipv4-network.ts'
import type { Appliance, WantedServices } from './wanted.ts'

/** They give a packet another sender. */
const HIDING: readonly (string | undefined)[] = ['masquerade', 'src-nat', 'same', 'netmap']

/**
 * Which customers come to us with the router's address, by which of its rules, and what a person can do: the portal knows
 * them by their own.
 */
export function hiddenPhones(found: FoundRows, wanted: WantedServices, appliance: Appliance): Obstacle[] {
  const { address: ours } = appliance
  const by = routerAddressTowards(found, appliance)
  // Whoever is farther away has others between, which may hide them as well.
  if (by === undefined) return []
  const hidden = Map.groupBy(
    // Who dials in needs no portal to be online.
    customerNetworks(found, wanted, appliance).filter(
      (network) => network !== wanted.pppoe?.network && !staysDirect(found, appliance, network),
    ),
    (network) => ruleFor(found, network, appliance),
  )
  return [...hidden].flatMap(([rule, networks]) => {
    if (!rule || !HIDING.includes(rule.action)) return []
    const routes = networks.map((network) => `sudo ip route add ${network} via ${by}`).join('; ')
    return [
      {
        step: 'masquerade',
        message: `phones of ${networks.join(', ')} come to this box (${ours}) with the router's own address, by its rule ${said(rule)} in /ip/firewall/nat: they are not known by theirs, so the one tap and the check for a captive portal do not work; give this box a route back (${routes}, and keep it over restarts), then provision again: the router lets them through as they are`,
      },
    ]
  })
}

/** The first that decides about what comes from there to us. */
function ruleFor(found: FoundRows, network: string, { address: ours }: Appliance): Row | undefined {
  const out = interfaceTo(found, ours)
  return rowsIn(found, '/ip/firewall/nat').find(
    (row) =>
      row.chain === 'srcnat' &&
      row.disabled !== 'true' &&
      !isDirect(row) &&
      (row.action === 'accept' || HIDING.includes(row.action)) &&
      mayBe(row['src-address'], (cidr) => holds(cidr, network.split('/')[0] ?? '')) &&
      mayBe(row['dst-address'], (cidr) => holds(cidr, ours)) &&
      mayBe(row['out-interface'], (name) => name === out) &&
      mayBe(row['out-interface-list'], (list) => isInList(found, list, out)),
  )
}

/** RouterOS turns a condition round by a `!` before it. */
function mayBe(condition: string | undefined, isTrue: (value: string) => boolean): boolean {
  if (condition === undefined || condition === '') return true
  return condition.startsWith('!') ? !isTrue(condition.slice(1)) : isTrue(condition)
}

const isInList = (found: FoundRows, list: string, name: string | undefined): boolean =>
  list === 'all' ||
  rowsIn(found, '/interface/list/member').some(
    (row) => row.list === list && row.disabled !== 'true' && row.interface === name,
  )

const SAID = ['action', 'src-address', 'dst-address', 'out-interface', 'out-interface-list'] as const

function said(rule: Row): string {
  const conditions = SAID.flatMap((key) => (rule[key] ? [`${key}=${rule[key]}`] : [])).join(' ')
  return rule.comment ? `"${rule.comment}" (${conditions})` : `"${conditions}"`
}
