import type { ConnectivityInput } from '../routers/connectivity-input.ts'
import { connectivityLine } from '../routers/connectivity-line.ts'
import { connectivityScript } from '../routers/connectivity-script.ts'
import type { WantedServices } from '../routers/provision/wanted.ts'
import { wishesOf } from '../routers/provision/wishes.ts'
import type { RouterRow } from '../routers/router-table.ts'
import type { House } from './house.ts'

/** The script that makes a router ours, which reaches us at `portalUrl`. It holds its secrets. */
export function scriptOf(house: House, router: RouterRow, adoptToken: string, portalUrl: string): string {
  return connectivityScript({
    routerId: router.id,
    routerName: router.name,
    applianceAddress: new URL(portalUrl).hostname,
    portalUrl,
    adoptUrl: `${portalUrl}/api/routers/adopt/${adoptToken}`,
    apiUsername: router.apiUsername,
    apiPassword: router.apiPassword,
    apiPort: router.apiPort,
    apiTls: router.apiTls === 1,
    radiusSecret: router.radiusSecret,
    radiusAuthPort: house.radiusPorts.auth,
    radiusAcctPort: house.radiusPorts.acct,
    coaPort: router.coaPort,
    interimIntervalSeconds: house.config.radius.interim_interval,
    accessMode: router.accessMode,
    ...usedHotspotsOf(wishesOf(house.db, router.id).wanted),
  })
}

/** The same that provisioning uses; which of them it has told to ask us before, only the router knows. */
function usedHotspotsOf({ useHotspots, hotspot, pppoe }: WantedServices): Pick<ConnectivityInput, 'useHotspots'> {
  if (useHotspots) return { useHotspots }
  return hotspot || pppoe ? { useHotspots: [] } : {}
}

/** The line that fetches and runs it. */
export const lineOf = (portalUrl: string, scriptToken: string): string =>
  connectivityLine(`${portalUrl}/api/routers/adopt/${scriptToken}/script`)
