import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { type FormError, type PackageCard, PayForm } from './pay-form.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type TimeUpPageProps = SitePage & {
  packages: readonly PackageCard[]
  idempotencyKey: string
  /** Shown first, as "Buy again". */
  lastPackageId: number | undefined
  phoneNumber?: string | undefined
  error?: FormError | undefined
}

/** The package has ended: the same one again is one tap away. */
export function TimeUpPage(props: TimeUpPageProps) {
  const { packages, idempotencyKey, lastPackageId, phoneNumber, error, ...site } = props
  const { language } = site
  const lastFirst = [
    ...packages.filter(({ id }) => id === lastPackageId),
    ...packages.filter(({ id }) => id !== lastPackageId),
  ]
  return (
    <Layout site={site} title={t(language, 'up')}>
      <div class="stage">
        <Emblem shape="clock" />
        <h1>{t(language, 'up')}</h1>
        <p class="muted">{t(language, packages.length === 0 ? 'no_packages' : 'up_sub')}</p>
      </div>
      {packages.length > 0 && (
        <PayForm
          site={site}
          packages={lastFirst}
          idempotencyKey={idempotencyKey}
          phoneNumber={phoneNumber}
          error={error}
          lastPackageId={lastPackageId}
        />
      )}
      <a class="btn quiet" href={linkTo(site, '/code')}>
        {t(language, 'have_code')}
      </a>
    </Layout>
  )
}
