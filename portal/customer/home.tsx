import { brandOf, Layout } from './layout.tsx'
import { type FormError, type PackageCard, PayForm } from './pay-form.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type HomePageProps = SitePage & {
  /** What is for sale here, in the operator's order. */
  packages: readonly PackageCard[]
  idempotencyKey: string
  /** As the customer typed it, after an error. */
  phoneNumber?: string | undefined
  error?: FormError | undefined
}

/** The first page: a number, one tap on a package, and M-PESA asks for the PIN. */
export function HomePage({ packages, idempotencyKey, phoneNumber, error, ...site }: HomePageProps) {
  const { language } = site
  const nothing = packages.length === 0
  return (
    <Layout site={site} title={brandOf(site)}>
      <h1>{t(language, 'online_head')}</h1>
      <p class="muted">
        <Prose text={t(language, nothing ? 'no_packages' : 'online_sub')} />
      </p>
      {!nothing && (
        <PayForm
          site={site}
          packages={packages}
          idempotencyKey={idempotencyKey}
          phoneNumber={phoneNumber}
          error={error}
        />
      )}
      <a class="btn quiet" href={linkTo(site, '/code')}>
        {t(language, 'have_code')}
      </a>
    </Layout>
  )
}
