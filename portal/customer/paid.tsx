import { money } from '../money.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { type Phase, Phases, phaseAt } from './phases.tsx'
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
  /** Since the money was seen. */
  elapsedSeconds: number
  eventsUrl: string
  statusUrl: string
}

/** Connecting has taken longer than it should: say so, and keep the promise. */
const SLOW_SECONDS = 10

/** The money is here, the way to the Internet not yet. The server connects the phone by itself. */
export function PaidPage(props: PaidPageProps) {
  const { status, priceCents, currency, packageName, receipt, elapsedSeconds, eventsUrl, statusUrl, ...rest } = props
  const { reference, ...site } = rest
  const { language } = site
  const price = money(priceCents, currency)
  const phases: Phase[] = [
    { fromSeconds: 0, headline: t(language, 'paid'), text: t(language, 'paid_sub') },
    {
      fromSeconds: SLOW_SECONDS,
      headline: t(language, 'paid_slow'),
      text: `${t(language, 'error.not-connected', { price })} ${t(language, 'may_close', { ref: reference })}`,
    },
  ]
  const live = { eventsUrl, statusUrl, view: viewOf({ status }), elapsedSeconds }
  return (
    <Layout site={site} title={phaseAt(phases, elapsedSeconds)?.headline ?? ''} live={live} reload>
      <div class="stage">
        <Emblem shape="tick" busy />
        <Phases {...{ site, phases, elapsedSeconds }} />
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
        </dl>
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}
