import { CodeForm } from './code-form.tsx'
import { brandOf, Layout } from './layout.tsx'
import { type FormError, type PackageCard, PackageList, PayForm, type Paying } from './pay-form.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { type CustomerErrorCode, errorText, t } from './texts.ts'

export type HomePageProps = SitePage & {
  /** What is for sale here, in the operator's order. */
  packages: readonly PackageCard[]
  idempotencyKey: string
  paying: Paying
  /** As the customer typed it, after an error. */
  phoneNumber?: string | undefined
  /** This device has paid before: by which phone, and for what. */
  known?: { phoneMasked: string; lastPackageId: number } | undefined
  error?: FormError | undefined
  /** What happened before: a payment of which nobody knows, a login that the router refused. */
  notice?: CustomerErrorCode | undefined
}

/** The first page: a number, one tap on a package, and M-PESA asks for the PIN. Who was here before only taps. */
export function HomePage(props: HomePageProps) {
  const { packages, idempotencyKey, paying, phoneNumber, known, error, notice, ...site } = props
  const { language } = site
  const nothing = packages.length === 0
  if (paying !== 'open') return <NoPayPage {...{ site, packages, paying, idempotencyKey, phoneNumber, error }} />
  const sub = known ? t(language, 'known_sub', { mask: known.phoneMasked }) : t(language, 'online_sub')
  return (
    <Layout site={site} title={brandOf(site)} plain>
      <h1>{t(language, known ? 'welcome_head' : 'online_head')}</h1>
      {notice !== undefined && (
        <p class="warn" role="status">
          <Prose text={errorText(language, notice)} />
        </p>
      )}
      <p class="muted">
        <Prose text={nothing ? t(language, 'no_packages') : sub} />
      </p>
      {!nothing && <PayForm {...{ site, packages, idempotencyKey, phoneNumber, error }} {...known} />}
      {known && (
        <a class="btn quiet" href={`${linkTo(site, '/buy')}&other=1`}>
          {t(language, 'use_other_number')}
        </a>
      )}
      <a class="btn quiet" href={linkTo(site, '/code')}>
        {t(language, 'have_code')}
      </a>
      <a class="more" href={linkTo(site, '/tv')}>
        {t(language, 'tv')}
      </a>
      <a class="more" href={linkTo(site, '/help')}>
        {t(language, 'help_head')}
      </a>
    </Layout>
  )
}

/** Nobody can be asked for money: says so before anybody tries, takes codes at once, and gives what is free. */
function NoPayPage(
  props: Pick<HomePageProps, 'packages' | 'idempotencyKey' | 'phoneNumber' | 'error'> & {
    site: SitePage
    paying: Exclude<Paying, 'open'>
  },
) {
  const { site, packages, paying, idempotencyKey, phoneNumber, error } = props
  const { language } = site
  const free = packages.filter(({ priceCents }) => priceCents === 0)
  const sold = packages.filter(({ priceCents }) => priceCents > 0)
  return (
    <Layout site={site} title={brandOf(site)} plain>
      <h1>{t(language, 'online_head')}</h1>
      {paying === 'off' ? (
        <p class="muted">{t(language, 'vouchers_only')}</p>
      ) : (
        <>
          <p class="warn" role="status">
            <Prose text={t(language, paying === 'down' ? 'no_pay' : 'no_internet')} />
          </p>
          <a class="btn quiet" href={site.path}>
            {t(language, 'check_now')}
          </a>
        </>
      )}
      <CodeForm site={site} />
      {free.length > 0 && <PayForm {...{ site, idempotencyKey, phoneNumber, error }} packages={free} />}
      {sold.length > 0 && <PackageList {...{ language }} packages={sold} />}
    </Layout>
  )
}
