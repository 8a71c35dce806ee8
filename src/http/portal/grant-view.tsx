import { randomUUID } from 'node:crypto'
import { ConnectingPage, type ConnectingPageProps } from '../../../portal/customer/connecting.tsx'
import type { WatchedStatus } from '../../../portal/customer/island.ts'
import { OnlinePage } from '../../../portal/customer/online.tsx'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { TimeLeftPage } from '../../../portal/customer/time-left.tsx'
import { TimeUpPage } from '../../../portal/customer/time-up.tsx'
import { deviceAtOf } from '../../access/asked-from.ts'
import { lastGivenMs } from '../../access/grant-parts.ts'
import { type GrantRow, isHalted } from '../../access/grant-table.ts'
import { latestSessionOfDevice } from '../../access/session-table.ts'
import { leftOf } from '../../access/time-left.ts'
import { isOrdered } from '../../flow/job-table.ts'
import { routerByAddress, routerById } from '../../routers/router-table.ts'
import { isDataLow } from '../access-status.ts'
import type { House } from '../house.ts'
import { grantUrls } from './grant-address.ts'
import { cardsOnSale } from './package-card.ts'
import { payingNow } from './paying.ts'

interface Watch {
  /** What the status address says now, of the very device: page and status must see the same. */
  status: string
  access: WatchedStatus['access']
  statusUrl: string
  eventsUrl: string
  /** As this device has come to it. */
  portalUrl: string
  /** This page again, for the second full navigation; left out when this is it. */
  nextUrl: string | undefined
  /** Who paid, where the page belongs to the payer: buying again is then one tap. */
  phoneNumber?: string | undefined
  paid?: ConnectingPageProps['paid']
  paidLate?: boolean
  /** The login form of the device's own router. */
  loginForm: string | undefined
  /** That form has just been sent. */
  loginTried: boolean
  /** When the customer has asked to be connected. */
  askedAtMs: number | undefined
}

/** What the holder of a grant sees: on the way, online, or at the end of it. */
export function grantView(house: House, site: SitePage, grant: GrantRow, watch: Watch) {
  const { clock } = house
  const nowMs = clock.nowMs()
  const remains = remainsOf(house, grant)
  if (!remains) {
    const isOpen = payingNow(house) === 'open'
    return (
      <TimeUpPage
        {...site}
        packages={cardsOnSale(house).filter(({ priceCents }) => isOpen || priceCents === 0)}
        idempotencyKey={randomUUID()}
        lastPackageId={grant.packageId}
        phoneNumber={watch.phoneNumber}
        usedUp={isDataUsed(grant) ? 'data' : 'time'}
      />
    )
  }
  if (isStopped(grant)) return <ProblemPage {...site} problem="stopped" />
  const { username, password, packageName } = grant
  const { status, statusUrl, eventsUrl, portalUrl } = watch
  const accessUrl = grantUrls(house, grant.id).pageUrl
  if (!watch.access?.online) {
    if (hasLeft(house, site, grant, watch)) return <TimeLeftPage {...site} {...{ remains, accessUrl }} came="left" />
    return (
      <ConnectingPage
        {...site}
        {...{ username, password, packageName, status, statusUrl, eventsUrl, accessUrl }}
        deviceKnown={grant.macAddress !== null || watch.loginForm !== undefined || isLookedFor(house, grant)}
        paid={grant.onlineAtMs === null ? watch.paid : undefined}
        routerForm={
          watch.loginForm !== undefined && routerKnows(house, grant)
            ? {
                address: watch.loginForm,
                nextUrl: `${portalUrl}${site.path}&tried=1`,
                byHand: watch.loginTried || (watch.askedAtMs === undefined && grant.onlineAtMs !== null),
              }
            : undefined
        }
        elapsedSeconds={Math.max(0, Math.floor((nowMs - (watch.askedAtMs ?? grant.startsAtMs)) / 1000))}
      />
    )
  }
  return (
    <OnlinePage
      {...site}
      mayPause={grant.pausable === 1}
      {...{ username, password, remains, status, statusUrl, eventsUrl, accessUrl }}
      access={watch.access}
      soldSeconds={(grant.expiresAtMs - grant.startsAtMs) / 1000}
      dataLow={isDataLow(grant)}
      paidLate={watch.paidLate}
      continueUrl={`${portalUrl}/`}
      nextUrl={watch.nextUrl}
    />
  )
}

/** This device was taken off the network, by the button that disconnects or by the staff, and nothing connects it by itself. */
function hasLeft({ db }: House, { macAddress }: SitePage, grant: GrantRow, { askedAtMs, loginTried }: Watch): boolean {
  if (askedAtMs !== undefined || loginTried) return false
  if (grant.pausedBy === 'holder') return true
  const session = macAddress === undefined ? undefined : latestSessionOfDevice(db, macAddress)
  if (session?.grantId !== grant.id || session.stoppedAtMs === null || session.endOutcome === null) return false
  if (isOrdered(db, 'create-hotspot-user', grant.id) || isOrdered(db, 'log-in-again', String(session.id))) return false
  // Who buys more is logged in again.
  return session.stoppedAtMs > lastGivenMs(db, grant.id)
}

/** A router that does not masquerade can say which device has asked. */
function isLookedFor({ db, clock }: House, grant: GrantRow): boolean {
  const deviceAt = deviceAtOf(db, grant.id, clock.nowMs())
  return deviceAt !== undefined && routerByAddress(db, deviceAt) === undefined
}

/** Whether the router would say yes: because it asks us, or because the user was written to it. */
function routerKnows({ db }: House, grant: GrantRow): boolean {
  const router = grant.routerId === null ? undefined : routerById(db, grant.routerId)
  return !isHalted(grant) && (router?.accessMode !== 'local' || grant.userCreatedAtMs !== null)
}

/** Undefined when there is nothing left. */
export function timeLeftView(house: House, site: SitePage, grant: GrantRow, came: 'back' | 'left') {
  const remains = isStopped(grant) ? undefined : remainsOf(house, grant)
  const { pageUrl } = grantUrls(house, grant.id)
  return remains && <TimeLeftPage {...site} {...{ remains, came }} accessUrl={pageUrl} />
}

/** Undefined when there is nothing left. */
export function remainsOf({ db, clock, config }: House, grant: GrantRow) {
  const nowMs = clock.nowMs()
  const left = leftOf(db, grant, nowMs)
  if (left.seconds === 0 || left.bytes === 0) return undefined
  return {
    packageName: grant.packageName,
    expiresAtMs: grant.expiresAtMs,
    timeZone: config.site.timezone,
    secondsLeft: left.seconds,
    paused: grant.pausedAtMs !== null,
    useBefore: mayBeKept(grant) && grant.useBeforeMs !== null ? { atMs: grant.useBeforeMs, nowMs } : undefined,
    dataLeftBytes: left.bytes ?? undefined,
  }
}

/** Its clock stands still, or may do so. */
const mayBeKept = ({ pausable, pausesOffline, pausedAtMs }: GrantRow) =>
  pausable === 1 || pausesOffline === 1 || pausedAtMs !== null

/** By an operator, and only an operator lets it go on. */
const isStopped = ({ pausedBy }: GrantRow) => pausedBy === 'operator'

const isDataUsed = ({ dataLimitBytes, usedBytes, endReason }: GrantRow) =>
  endReason === null ? dataLimitBytes !== null && usedBytes >= dataLimitBytes : endReason === 'data-used'
