import { readableCode } from '../code-format.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import type { SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type ConnectingPageProps = SitePage & {
  /** The code of this access. */
  username: string
  /** Shown only where it differs from the code. */
  password?: string | undefined
  packageName: string
  /** The phone is not where we can log it in: show how to get in with the code. */
  slow: boolean
  /** What the status page says now, in lower case. */
  status: string
  elapsedSeconds: number
  eventsUrl: string
  statusUrl: string
}

/** The access stands, the phone is not online yet. The server logs it in by itself; the code is the way if it cannot. */
export function ConnectingPage(props: ConnectingPageProps) {
  const { username, password, packageName, slow, status, elapsedSeconds, eventsUrl, statusUrl, ...site } = props
  const { language } = site
  const headline = t(language, slow ? 'connecting_slow' : 'connecting')
  const live = { eventsUrl, statusUrl, view: viewOf(status, false), elapsedSeconds }
  return (
    <Layout site={site} title={headline} live={live} reload>
      <div class="stage">
        <Emblem shape="tick" busy={!slow} />
        <div role="status">
          <h1>{headline}</h1>
          <p>{slow ? t(language, 'connecting_how') : t(language, 'paid_sub')}</p>
        </div>
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
