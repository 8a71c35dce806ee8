import type { Row } from '../routeros-patches.ts'
import { isOurName, type Obstacle } from './desired-row.ts'
import type { FoundRows } from './found-rows.ts'
import { directoryOfServer, notOurs, othersHotspots, usedHotspots } from './used-hotspots.ts'
import type { WantedServices } from './wanted.ts'

/** Whether somebody has to say first which of several hotspots is meant; until then none of them is changed. */
export const mustChoose = (found: FoundRows, { useHotspots, hotspot, pppoe }: WantedServices): boolean =>
  useHotspots === undefined &&
  !hotspot &&
  !pppoe &&
  othersHotspots(found).length > 1 &&
  usedHotspots(found, {}).length === 0

/** What somebody has to say, or to do at the router, before the hotspots that are there can be used. */
export function choiceOfHotspots(found: FoundRows, wanted: WantedServices, routerId: number): Obstacle[] {
  const others = othersHotspots(found)
  const choice = `mlango router provision ${routerId} --use ${others.map(({ name }) => name).join(',')}`
  if (mustChoose(found, wanted)) {
    return [
      {
        step: 'hotspot-server',
        message: `there are several hotspots (${others.map(said).join(', ')}) and none was changed; say which to use, one or more: ${choice}`,
      },
    ]
  }
  const isThere = (name: string) => others.some((server) => server.name === name)
  const missing = wanted.useHotspots?.filter((name) => !isOurName(name) && !isThere(name)) ?? []
  return [
    ...missing.map((name): Obstacle => ({ step: 'used-hotspot', message: `there is no running hotspot ${name}` })),
    ...sharing(found, wanted),
  ]
}

/** With what a used hotspot shares with one that is not, nothing can be done for the first alone. */
function sharing(found: FoundRows, wanted: WantedServices): Obstacle[] {
  const [profiles, directories] = [notOurs(found, wanted, profileOf), notOurs(found, wanted, directoryOf(found))]
  return usedHotspots(found, wanted)
    .filter(({ name }) => !isOurName(name))
    .flatMap((server): Obstacle[] => {
      const { name = '', profile = '' } = server
      const directory = directoryOfServer(found, server)
      const [sameProfile, samePages] = [profiles.get(profile), directories.get(directory)]
      if (sameProfile !== undefined) {
        const message = `${name} shares its profile ${profile} with ${sameProfile}, which is not to be used; give it one of its own, or use both`
        return [{ step: 'used-hotspot', message }]
      }
      if (samePages === undefined) return []
      const own = `/ip hotspot profile set ${profile} html-directory=${name}; /ip hotspot reset-html ${name}`
      const message = `${name} shares its pages (${directory}) with ${samePages}, which is not to be used, so the login page was not changed; give it pages of its own (${own}), or use both`
      return [{ step: 'login-page', message }]
    })
}

const profileOf = ({ profile = '' }: Row): string => profile

const directoryOf =
  (found: FoundRows) =>
  (server: Row): string =>
    directoryOfServer(found, server)

const said = ({ name, interface: on }: Row): string => `${name} on ${on}`
