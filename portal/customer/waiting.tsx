import { money } from '../money.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { type Phase, Phases, phaseAt } from './phases.tsx'
import { PurchaseBox } from './purchase-box.tsx'
import type { SitePage } from './site-page.ts'
import { type Language, t } from './texts.ts'

export type WaitingPageProps = SitePage & {
  /** Payment state in lower case: a waiting one, or `expired` or `review`, of which nothing definite is known either. */
  status: string
  priceCents: number
  currency: string
  /** For asking again, once it has taken long. */
  phoneNumber: string
  phoneMasked: string
  /** Left out where it was not for the phone that pays: then a tap here would buy something else. */
  packageId: number | undefined
  packageName: string
  /** Since the payment was asked for. */
  elapsedSeconds: number
  /** The customer is online already, for a short time and slowly; what the status address says of it. */
  provisionalUntil?: string | undefined
  eventsUrl: string
  statusUrl: string
  /** What the customer tells the help line. */
  reference: string
}

/** The answer of M-PESA is awaited. What is said depends on the time only: no timer can know that a payment failed. */
export function WaitingPage(props: WaitingPageProps) {
  const { status, priceCents, currency, phoneNumber, phoneMasked, packageId, packageName, ...rest } = props
  const { elapsedSeconds, eventsUrl, statusUrl, reference, provisionalUntil, ...site } = rest
  const { language } = site
  const price = money(priceCents, currency)
  const gaveUpAsking = viewOf({ status }) !== 'waiting'
  const all = phasesOf(language, price, reference)
  const inReview = { fromSeconds: 0, headline: t(language, 'paid_slow'), text: reviewText(language, reference) }
  const phases = status === 'review' ? [inReview] : gaveUpAsking ? all.slice(-1) : all
  const live = { eventsUrl, statusUrl, view: viewOf({ status, provisional_until: provisionalUntil }), elapsedSeconds }
  return (
    <Layout site={site} title={phaseAt(phases, elapsedSeconds)?.headline ?? ''} live={live} reload>
      <div class="stage">
        <Emblem shape="phone" busy />
        <Phases
          {...{ site, phases, elapsedSeconds }}
          again={packageId === undefined ? undefined : { phoneNumber, packageId }}
        />
        {provisionalUntil !== undefined && <p role="status">{t(language, 'on_trust')}</p>}
        <PurchaseBox {...{ packageName, price, phoneMasked }} />
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}

const reviewText = (language: Language, ref: string) =>
  `${t(language, 'error.in-review')} ${t(language, 'may_close', { ref })}`

function phasesOf(language: Language, price: string, reference: string): Phase[] {
  const enterPin = t(language, 'enter_pin', { price })
  const unknown = t(language, 'error.unknown')
  return [
    { fromSeconds: 0, headline: t(language, 'sending'), text: enterPin },
    { fromSeconds: 2, headline: t(language, 'check_phone'), text: enterPin },
    { fromSeconds: 15, headline: t(language, 'still_waiting'), text: t(language, 'please_wait') },
    {
      fromSeconds: 60,
      headline: t(language, 'taking_longer'),
      text: t(language, 'sms_connects'),
      offers: ['code', 'again'],
    },
    {
      fromSeconds: 180,
      headline: t(language, 'still_checking'),
      text: `${unknown} ${t(language, 'may_close', { ref: reference })}`,
      offers: ['code'],
    },
  ]
}
