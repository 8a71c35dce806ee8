import type { Row } from '../routeros-patches.ts'
import { isOurName, OUR_NAME } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import type { WantedServices } from './wanted.ts'

export const LOGIN_BY = 'mac-cookie,http-chap,http-pap'

/**
 * The running hotspots that our customers use. Of those that others have made: the ones that somebody has named; while
 * nobody has, the only one, unless we build one or a PPPoE server. Those that log in as we have told them to before are
 * not let go of.
 */
export function usedHotspots(found: FoundRows, { useHotspots, hotspot, pppoe }: WantedServices): Row[] {
  const isOnlyOne = othersHotspots(found).length === 1 && !pppoe
  return runningHotspots(found).filter((server) => {
    if (isOurName(server.name)) return true
    if (useHotspots) return useHotspots.includes(server.name ?? '')
    return !hotspot && (isOnlyOne || logsInAsOurs(profileOf(found, server)))
  })
}

/** Profiles and directories that a hotspot reads which is not used: they are not ours to change. By that hotspot's name. */
export function notOurs(found: FoundRows, wanted: WantedServices, of: (server: Row) => string): Map<string, string> {
  const used = usedHotspots(found, wanted)
  const others = runningHotspots(found).filter((server) => !used.includes(server))
  return new Map(others.map((server) => [of(server), server.name ?? '']))
}

/** Those that are not ours. */
export const othersHotspots = (found: FoundRows): Row[] => runningHotspots(found).filter(({ name }) => !isOurName(name))

/** Where ours has its pages: not where a hotspot has its own that is not ours to change. Undefined: where all do. */
export function ownDirectory(found: FoundRows): string | undefined {
  return othersHotspots(found)
    .map((server) => directoryOfServer(found, server))
    .find((directory) => /(^|\/)hotspot$/.test(directory))
    ?.replace(/hotspot$/, OUR_NAME)
}

export const directoryOfServer = (found: FoundRows, server: Row): string => directoryOf(profileOf(found, server))

const directoryOf = (profile: Row | undefined): string =>
  profile?.['html-directory-override'] || profile?.['html-directory'] || 'hotspot'

const profileOf = (found: FoundRows, { profile }: Row): Row | undefined =>
  rowsIn(found, '/ip/hotspot/profile').find(({ name }) => name === profile)

const runningHotspots = (found: FoundRows): Row[] =>
  rowsIn(found, '/ip/hotspot').filter(({ disabled }) => disabled !== 'true')

const logsInAsOurs = (profile: Row | undefined): boolean => sorted(profile?.['login-by']) === sorted(LOGIN_BY)

const sorted = (list = ''): string => list.split(',').sort().join(',')
