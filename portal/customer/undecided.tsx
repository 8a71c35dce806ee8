import { DeviceFields } from './device-fields.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { errorText, t } from './texts.ts'

/** Why nobody knows yet what became of a payment. */
export type Undecided = 'unknown' | 'in-review'

export type UndecidedPageProps = SitePage & {
  why: Undecided
  price: string
  packageId: number
  /** Who pays, as the form before this one said it. */
  payer: { phone: string } | { known: '1' }
  /** A new one: this would be another purchase. */
  idempotencyKey: string
}

/** Before a second request for money, while the first may still be paid: the customer alone can know, and decides. */
export function UndecidedPage({ why, price, packageId, payer, idempotencyKey, ...site }: UndecidedPageProps) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'still_checking')}>
      <div class="stage">
        <Emblem shape="mark" tone="bad" />
        <h1>{t(language, 'still_checking')}</h1>
        <p role="alert">
          <Prose text={errorText(language, why)} />
        </p>
        <p>
          <Prose text={t(language, 'undecided_how')} />
        </p>
        <a class="btn" href={linkTo(site, '/code')}>
          {t(language, 'already_paid')}
        </a>
        <form method="post" action="/pay">
          <DeviceFields {...site} />
          <input type="hidden" name="key" value={idempotencyKey} />
          <input type="hidden" name="anyway" value="1" />
          {Object.entries(payer).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <button type="submit" class="btn quiet" name="package" value={String(packageId)}>
            {t(language, 'pay_anyway', { price })}
          </button>
        </form>
        <a class="btn quiet" href={linkTo(site, '/')}>
          {t(language, 'back')}
        </a>
      </div>
    </Layout>
  )
}
