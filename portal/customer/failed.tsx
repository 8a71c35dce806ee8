import { money } from '../money.ts'
import { DeviceFields } from './device-fields.tsx'
import { timeLeft } from './duration.ts'
import { Emblem } from './emblem.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { PackageButtons, type PackageCard } from './pay-form.tsx'
import { Prose } from './prose.tsx'
import { PurchaseBox } from './purchase-box.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { errorText, t } from './texts.ts'

export type FailedPageProps = SitePage & {
  /** Why, as the payment's `failure.code` says it. Only for definite failures: the others stay on the waiting page. */
  code: string
  priceCents: number
  currency: string
  /** Left out where it was not for the phone that pays: then a tap here would buy something else. */
  packageId: number | undefined
  packageName: string
  /** Goes into the form, so that nobody types it twice. */
  phoneNumber: string
  phoneMasked: string
  /** A new one: trying again is a new purchase. */
  idempotencyKey: string
  /** For so long M-PESA would only say the same again. */
  retryAfterSeconds?: number | undefined
  /** What costs less, for who has too little money. */
  cheaper?: readonly PackageCard[] | undefined
  /** Payment state in lower case. */
  status: string
  eventsUrl: string
  statusUrl: string
  /** How often this customer has failed in this way, this time included. */
  tries?: number | undefined
}

/** M-PESA said no, and said why. Trying again is one tap. */
export function FailedPage(props: FailedPageProps) {
  const { code, priceCents, currency, packageId, packageName, phoneNumber, phoneMasked, ...rest } = props
  const { idempotencyKey, retryAfterSeconds = 0, cheaper = [], tries = 1, status, eventsUrl, statusUrl, ...site } = rest
  const { language } = site
  const price = money(priceCents, currency)
  const tip = code === 'no-reply' && tries > 1 ? 'sim_tip' : code === 'wrong-pin' && tries > 2 ? 'pin_tip' : undefined
  const mustWait = retryAfterSeconds > 0
  const live = { eventsUrl, statusUrl, view: viewOf({ status }), elapsedSeconds: 0 }
  const payAgain = packageId !== undefined && (
    <form method="post" action="/pay">
      <DeviceFields {...site} />
      <input type="hidden" name="key" value={idempotencyKey} />
      <input type="hidden" name="phone" value={phoneNumber} />
      <PackageButtons {...{ language }} packages={cheaper} />
      <button
        type="submit"
        class={cheaper.length > 0 ? 'btn quiet' : undefined}
        name="package"
        value={String(packageId)}
      >
        {t(language, 'try_again', { price })}
      </button>
    </form>
  )
  return (
    <Layout site={site} title={t(language, 'failed_head')} live={mustWait ? live : undefined} reload={mustWait}>
      <div class="stage">
        <Emblem shape="mark" tone="bad" />
        <div role="alert">
          <h1>{t(language, 'failed_head')}</h1>
          <p>
            <Prose text={errorText(language, code, { price, mask: phoneMasked }, 'declined')} />
          </p>
        </div>
        {tip !== undefined && (
          <p>
            <Prose text={t(language, tip)} />
          </p>
        )}
        <PurchaseBox {...{ packageName, price, phoneMasked }} />
        {/* The island shows the one whose time has come. */}
        {mustWait ? (
          <>
            <div data-at={0}>
              <p class="muted">{t(language, 'try_after', { t: timeLeft(language, retryAfterSeconds + 59) })}</p>
              <a class="btn quiet" href={site.path}>
                {t(language, 'check_now')}
              </a>
            </div>
            <div data-at={retryAfterSeconds} hidden>
              {payAgain}
            </div>
          </>
        ) : (
          payAgain
        )}
        <a class="btn quiet" href={linkTo(site, '/')}>
          {t(language, 'other_number')}
        </a>
        <a class="btn quiet" href={linkTo(site, '/code')}>
          {t(language, 'have_code')}
        </a>
      </div>
    </Layout>
  )
}
