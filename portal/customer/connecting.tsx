import { readableCode } from '../code-format.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { type Phase, Phases, phaseAt } from './phases.tsx'
import type { SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type ConnectingPageProps = SitePage & {
  /** The code of this access. */
  username: string
  /** Shown only where it differs from the code. */
  password?: string | undefined
  packageName: string
  /** Whether we know the phone that is to go online; else only its owner can type the code. */
  deviceKnown: boolean
  /** What the status page says now, in lower case. */
  status: string
  /** Since the access stands. */
  elapsedSeconds: number
  eventsUrl: string
  statusUrl: string
}

/** A router that has not let the phone in by then is late, or the phone is elsewhere. */
const SLOW_SECONDS = 10

/** The access stands, the phone is not online yet. The server logs it in by itself; the code is the way if it cannot. */
export function ConnectingPage(props: ConnectingPageProps) {
  const { username, password, packageName, deviceKnown, status, elapsedSeconds, eventsUrl, statusUrl, ...site } = props
  const { language } = site
  const connecting = { fromSeconds: 0, headline: t(language, 'connecting'), text: t(language, 'paid_sub') }
  const ready: Phase = {
    fromSeconds: deviceKnown ? SLOW_SECONDS : 0,
    headline: t(language, 'connecting_slow'),
    text: t(language, 'connecting_how'),
  }
  const phases = deviceKnown ? [connecting, ready] : [ready]
  const live = { eventsUrl, statusUrl, view: viewOf(status, false), elapsedSeconds }
  return (
    <Layout site={site} title={phaseAt(phases, elapsedSeconds)?.headline ?? ''} live={live} reload>
      <div class="stage">
        <Emblem shape="tick" busy={deviceKnown} />
        <Phases {...{ site, phases, elapsedSeconds }} />
        <div class="box">
          <span class="muted">{packageName}</span>
          <span class="muted">{t(language, 'your_code')}</span>
          <b class="code">{readableCode(username)}</b>
          {password !== undefined && password !== username && (
            <>
              <span class="muted">{t(language, 'your_password')}</span>
              <b class="code">{password}</b>
            </>
          )}
        </div>
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}
