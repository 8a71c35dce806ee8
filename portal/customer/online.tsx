import { readableCode } from '../code-format.ts'
import { dataSize } from '../data-size.ts'
import { siteTime } from '../site-time.ts'
import { timeLeft } from './duration.ts'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage, safeWebAddress } from './site-page.ts'
import { t } from './texts.ts'

export type OnlinePageProps = SitePage & {
  /** The code of this access. */
  username: string
  /** Shown only where it differs from the code. */
  password?: string | undefined
  packageName: string
  expiresAtMs: number
  timeZone: string
  secondsLeft: number
  dataLeftBytes?: number | undefined
  /** Where "Start browsing" leads; anything but a web address leads to the portal itself. */
  continueUrl: string
  /** Where the second full navigation goes (this page with `?n=1`); left out on that page. */
  nextUrl?: string | undefined
}

/** The phone is online. Phones look again for the Internet after a full navigation, so this page is loaded twice. */
export function OnlinePage(props: OnlinePageProps) {
  const { username, password, packageName, expiresAtMs, timeZone, secondsLeft, dataLeftBytes, ...rest } = props
  const { continueUrl, nextUrl, ...site } = rest
  const { language } = site
  const time = siteTime(language, timeZone, expiresAtMs, expiresAtMs - secondsLeft * 1000)
  return (
    <Layout site={site} title={t(language, 'online')} nextUrl={nextUrl}>
      <div class="stage">
        <Emblem shape="tick" />
        <div role="status">
          <h1>{t(language, 'online')}</h1>
          <p>{t(language, 'until', { package: packageName, time })}</p>
          <p class="ios">
            <Prose text={t(language, 'ios')} />
          </p>
        </div>
        <a class="btn" href={safeWebAddress(continueUrl)}>
          {t(language, 'go')}
        </a>
        <div class="box">
          <span class="muted">{t(language, 'your_code')}</span>
          <b class="code">{readableCode(username)}</b>
          {password !== undefined && password !== username && (
            <>
              <span class="muted">{t(language, 'your_password')}</span>
              <b class="code">{password}</b>
            </>
          )}
          <p class="hint">{t(language, 'code_keep')}</p>
        </div>
        <dl class="box">
          <div class="row">
            <dt>{t(language, 'time_left')}</dt>
            <dd>{timeLeft(language, secondsLeft)}</dd>
          </div>
          {dataLeftBytes !== undefined && (
            <div class="row">
              <dt>{t(language, 'data_left')}</dt>
              <dd>{dataSize(dataLeftBytes)}</dd>
            </div>
          )}
        </dl>
        <a class="btn quiet" href={linkTo(site, '/')}>
          {t(language, 'add_time')}
        </a>
      </div>
    </Layout>
  )
}
