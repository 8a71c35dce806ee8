import { AccessAction } from './access-action.tsx'
import { AccessCode, type AccessCodeProps } from './access-code.tsx'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { type Phase, Phases, phaseAt } from './phases.tsx'
import type { SitePage } from './site-page.ts'
import { type Language, t } from './texts.ts'

export type ConnectingPageProps = SitePage &
  AccessCodeProps & {
    packageName: string
    /** Whether we know the phone that is to go online; else only its owner can type the code. */
    deviceKnown: boolean
    /** Just paid by phone, and never online with it yet: then nobody may pay again. */
    paid?: { price: string; receipt: string | undefined; reference: string } | undefined
    /** What the status page says now, in lower case. */
    status: string
    /** Since the access stands. */
    elapsedSeconds: number
    eventsUrl: string
    statusUrl: string
    /** Address of the page of this access; its actions are below it. */
    accessUrl: string
    /** The login form of the router itself, behind which this device waits. */
    routerForm?: RouterForm | undefined
  }

interface RouterForm {
  address: string
  /** Where the router sends the device then, this page again. */
  nextUrl: string
  /** Only the customer sends it: it was sent before, or the customer may have left on purpose. */
  byHand: boolean
}

/** A router that has not let the phone in by then is late, or the phone is elsewhere. */
const SLOW_SECONDS = 10

/** By then the server has logged the phone in, if it can reach the router; the phone itself stands before it. */
const OWN_WAY_SECONDS = 5
/** A page that has just come waits at least so long for the server. */
const LOOK_SECONDS = 3

/** The access stands, the phone is not online yet. The server logs it in by itself; the code is the way if it cannot. */
export function ConnectingPage(props: ConnectingPageProps) {
  const { username, password, packageName, deviceKnown, paid, status, elapsedSeconds, ...rest } = props
  const { eventsUrl, statusUrl, accessUrl, routerForm, ...site } = rest
  const { language } = site
  const connecting = { fromSeconds: 0, headline: t(language, 'connecting'), text: t(language, 'paid_sub') }
  const late: Phase = paid
    ? {
        fromSeconds: SLOW_SECONDS,
        headline: t(language, 'paid_slow'),
        text: `${t(language, 'error.not-connected', { price: paid.price })} ${t(language, 'may_close', { ref: paid.receipt ?? paid.reference })}`,
      }
    : {
        fromSeconds: deviceKnown ? SLOW_SECONDS : 0,
        headline: t(language, 'connecting_slow'),
        text: t(language, 'connecting_how'),
      }
  const phases = deviceKnown ? [connecting, late] : [late]
  const live = { eventsUrl, statusUrl, view: viewOf({ status }), elapsedSeconds }
  return (
    <Layout site={site} title={phaseAt(phases, elapsedSeconds)?.headline ?? ''} live={live} reload>
      <div class="stage">
        <Emblem shape="tick" busy={deviceKnown} />
        <Phases {...{ site, phases, elapsedSeconds }} />
        <div class="box">
          <span class="muted">{packageName}</span>
          <AccessCode {...{ language, username, password }} />
        </div>
        {routerForm !== undefined && (
          <RouterLogin {...{ language, username, password, elapsedSeconds }} {...routerForm} />
        )}
        {routerForm === undefined && deviceKnown && elapsedSeconds >= SLOW_SECONDS && (
          <AccessAction {...{ site, accessUrl }} action="connect" label={t(language, 'connect_here')} />
        )}
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}

type RouterLoginProps = RouterForm & {
  language: Language
  username: string
  password: string | undefined
  elapsedSeconds: number
}

/** The phone asks the router itself. The island sends it when its time has come; without scripts it is a button. */
function RouterLogin(props: RouterLoginProps) {
  const { language, address, nextUrl, byHand, username, password, elapsedSeconds } = props
  const afterSeconds = Math.max(LOOK_SECONDS, OWN_WAY_SECONDS - elapsedSeconds)
  return (
    <form
      method="post"
      action={address}
      data-after={byHand ? undefined : afterSeconds}
      hidden={!byHand && elapsedSeconds < OWN_WAY_SECONDS}
    >
      <input type="hidden" name="username" value={username} />
      <input type="hidden" name="password" value={password} />
      <input type="hidden" name="dst" value={nextUrl} />
      <button type="submit">{t(language, 'connect_here')}</button>
    </form>
  )
}
