import { money } from '../money.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import type { SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type PaidPageProps = SitePage & {
  /** Payment state in lower case, as the status page and its events say it. */
  status: string
  priceCents: number
  currency: string
  packageName: string
  /** M-PESA's own code; not known yet when only a query has spoken. */
  receipt: string | undefined
  /** What the customer tells the help line. */
  reference: string
  elapsedSeconds: number
  /** Connecting has taken longer than it should: say so, and keep the promise. */
  slow: boolean
  eventsUrl: string
  statusUrl: string
}

/** The money is here, the way to the Internet not yet. The server connects the phone by itself. */
export function PaidPage(props: PaidPageProps) {
  const { status, priceCents, currency, packageName, receipt, elapsedSeconds, slow, eventsUrl, statusUrl, ...rest } =
    props
  const { reference, ...site } = rest
  const { language } = site
  const price = money(priceCents, currency)
  const headline = t(language, slow ? 'paid_slow' : 'paid')
  const live = { eventsUrl, statusUrl, view: viewOf(status, false), elapsedSeconds }
  return (
    <Layout site={site} title={headline} live={live} reload>
      <div class="stage">
        <Emblem shape="tick" busy />
        <div role="status">
          <h1>{headline}</h1>
          <p>{slow ? t(language, 'error.not-connected', { price }) : t(language, 'paid_sub')}</p>
        </div>
        <dl class="box">
          <div class="row">
            <dt>{packageName}</dt>
            <dd class="nb">{price}</dd>
          </div>
          {receipt !== undefined && (
            <div class="row">
              <dt>
                <Prose text={t(language, 'mpesa_code')} />
              </dt>
              <dd class="code">{receipt}</dd>
            </div>
          )}
          {slow && (
            <div class="row">
              <dt>{t(language, 'reference')}</dt>
              <dd class="code">{reference}</dd>
            </div>
          )}
        </dl>
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}
