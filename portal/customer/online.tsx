import { AccessAction } from './access-action.tsx'
import { AccessCode, type AccessCodeProps } from './access-code.tsx'
import { Emblem } from './emblem.tsx'
import { viewOf, type WatchedStatus } from './island.ts'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { type Remains, RemainsBox, untilText } from './remains.tsx'
import { linkTo, type SitePage, safeWebAddress } from './site-page.ts'
import { t } from './texts.ts'

export type OnlinePageProps = SitePage &
  AccessCodeProps & {
    remains: Remains
    /** How long it lasts in all, for the moment at which the end is near. */
    soldSeconds: number
    dataLow?: boolean | undefined
    /** The money came when nobody waited for it any more. */
    paidLate?: boolean | undefined
    /** Leaving stops its clock. */
    mayPause?: boolean | undefined
    /** Where "Start browsing" leads; anything but a web address leads to the portal itself. */
    continueUrl: string
    /** Address of the page of this access; its actions are below it. */
    accessUrl: string
    /** What the status address says now. */
    status: string
    /** The same, of this access. */
    access: WatchedStatus['access']
    eventsUrl: string
    statusUrl: string
    /** Where the second full navigation goes (this page with `?n=1`); left out on that page. */
    nextUrl?: string | undefined
  }

/** A phone that has lost its time often says only "no Internet": the customer should hear it before. */
const SOON = { seconds: 600, part: 0.2 }

/** The phone is online. Phones look again for the Internet after a full navigation, so this page is loaded twice. */
export function OnlinePage(props: OnlinePageProps) {
  const {
    username,
    password,
    remains,
    soldSeconds,
    dataLow = false,
    paidLate = false,
    mayPause = false,
    continueUrl,
    accessUrl,
    nextUrl,
    status,
    access,
    eventsUrl,
    statusUrl,
    ...site
  } = props
  const { language } = site
  const { secondsLeft } = remains
  const soonSeconds = Math.max(0, secondsLeft - Math.min(SOON.seconds, soldSeconds * SOON.part))
  const live = { eventsUrl, statusUrl, view: viewOf({ status, access }), elapsedSeconds: 0 }
  return (
    <Layout site={site} title={t(language, 'online')} nextUrl={nextUrl} live={nextUrl === undefined ? live : undefined}>
      <div class="stage">
        <Emblem shape="tick" />
        <div role="status">
          <h1>{t(language, 'online')}</h1>
          {paidLate && <p>{t(language, 'paid_late')}</p>}
          <p>{untilText(language, remains)}</p>
          <p class="ios">
            <Prose text={t(language, 'ios')} />
          </p>
          {/* The island shows the one whose time has come. */}
          {soonSeconds > 0 && <div data-at={0}>{dataLow && <p class="warn">{t(language, 'data_soon')}</p>}</div>}
          <p class="warn" data-at={Math.ceil(soonSeconds)} hidden={soonSeconds > 0}>
            {t(language, 'time_soon')}
          </p>
        </div>
        <a class="btn" href={safeWebAddress(continueUrl)}>
          {t(language, 'go')}
        </a>
        <div class="box">
          <AccessCode {...{ language, username, password }} />
          <p class="hint">{t(language, 'code_keep')}</p>
        </div>
        <RemainsBox language={language} {...remains} />
        <a class="btn quiet" href={linkTo(site, '/buy')}>
          {t(language, 'add_time')}
        </a>
        <AccessAction {...{ site, accessUrl }} action="leave" label={t(language, mayPause ? 'pause' : 'leave')} />
      </div>
    </Layout>
  )
}
