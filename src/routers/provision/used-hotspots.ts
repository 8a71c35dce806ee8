import type { Row } from '../routeros-patches.ts'
import { isOurName, OUR_NAME } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'
import type { WantedServices } from './wanted.ts'

export const LOGIN_BY = 'mac-cookie,http-chap,http-pap'

/**
 * The running hotspots that our customers use: of those that others have made all, while nobody has said where ours is to
 * be; none beside one that we build; and beside a PPPoE server alone those that log in as we have told them to before.
 */
export function usedHotspots(found: FoundRows, { hotspot, pppoe }: WantedServices): Row[] {
  return runningHotspots(found).filter(
    (server) => isOurName(server.name) || (!hotspot && (!pppoe || logsInAsOurs(profileOf(found, server)))),
  )
}

/** Where ours has its pages: not where a hotspot has its own that is not ours to change. Undefined: where all do. */
export function ownDirectory(found: FoundRows): string | undefined {
  return runningHotspots(found)
    .filter(({ name }) => !isOurName(name))
    .map((server) => directoryOf(profileOf(found, server)))
    .find((directory) => /(^|\/)hotspot$/.test(directory))
    ?.replace(/hotspot$/, OUR_NAME)
}

export const directoryOf = (profile: Row | undefined): string =>
  profile?.['html-directory-override'] || profile?.['html-directory'] || 'hotspot'

export const profileOf = (found: FoundRows, { profile }: Row): Row | undefined =>
  rowsIn(found, '/ip/hotspot/profile').find(({ name }) => name === profile)

const runningHotspots = (found: FoundRows): Row[] =>
  rowsIn(found, '/ip/hotspot').filter(({ disabled }) => disabled !== 'true')

const logsInAsOurs = (profile: Row | undefined): boolean => sorted(profile?.['login-by']) === sorted(LOGIN_BY)

const sorted = (list = ''): string => list.split(',').sort().join(',')
