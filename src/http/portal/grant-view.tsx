import { randomUUID } from 'node:crypto'
import { ConnectingPage } from '../../../portal/customer/connecting.tsx'
import { OnlinePage } from '../../../portal/customer/online.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { TimeUpPage } from '../../../portal/customer/time-up.tsx'
import { type GrantRow, remainingOf } from '../../access/grant-table.ts'
import { visiblePackages } from '../../billing/package-table.ts'
import { isOnline } from '../access-status.ts'
import type { House } from '../house.ts'
import { cardOf } from './package-card.ts'

interface Watch {
  /** What the status address says now. */
  status: string
  statusUrl: string
  eventsUrl: string
  /** This page again, for the second full navigation; left out when this is it. */
  nextUrl: string | undefined
  /** Who paid, where the page belongs to the payer: buying again is then one tap. */
  phoneNumber?: string | undefined
}

/** What the holder of a grant sees: on the way, online, or at the end of it. */
export function grantView({ db, clock, config, portalUrl }: House, site: SitePage, grant: GrantRow, watch: Watch) {
  const nowMs = clock.nowMs()
  const left = remainingOf(grant, nowMs)
  if (left.seconds === 0 || left.bytes === 0) {
    return (
      <TimeUpPage
        {...site}
        packages={visiblePackages(db).map(cardOf)}
        idempotencyKey={randomUUID()}
        lastPackageId={grant.packageId}
        phoneNumber={watch.phoneNumber}
      />
    )
  }
  const { username, password, packageName } = grant
  if (!isOnline(db, grant)) {
    const { status, statusUrl, eventsUrl } = watch
    return (
      <ConnectingPage
        {...site}
        {...{ username, password, packageName, status, statusUrl, eventsUrl }}
        deviceKnown={grant.macAddress !== null}
        elapsedSeconds={Math.floor((nowMs - grant.startsAtMs) / 1000)}
      />
    )
  }
  return (
    <OnlinePage
      {...site}
      {...{ username, password, packageName }}
      expiresAtMs={grant.expiresAtMs}
      timeZone={config.site.timezone}
      secondsLeft={left.seconds}
      dataLeftBytes={left.bytes ?? undefined}
      continueUrl={`${portalUrl}/`}
      nextUrl={watch.nextUrl}
    />
  )
}
