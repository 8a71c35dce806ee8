import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { type PackageCard, PayForm } from './pay-form.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type TimeUpPageProps = SitePage & {
  packages: readonly PackageCard[]
  idempotencyKey: string
  /** Shown first, as "Buy again". */
  lastPackageId: number | undefined
  phoneNumber?: string | undefined
  /** What there is no more of. */
  usedUp: 'time' | 'data'
}

/** The package has ended: the same one again is one tap away. */
export function TimeUpPage(props: TimeUpPageProps) {
  const { packages, idempotencyKey, lastPackageId, phoneNumber, usedUp, ...site } = props
  const { language } = site
  const headline = t(language, usedUp === 'data' ? 'data_up' : 'up')
  return (
    <Layout site={site} title={headline}>
      <div class="stage">
        <Emblem shape="clock" />
        <h1>{headline}</h1>
        <p class="muted">{t(language, packages.length === 0 ? 'no_packages' : 'up_sub')}</p>
      </div>
      {packages.length > 0 && <PayForm {...{ site, packages, idempotencyKey, phoneNumber, lastPackageId }} />}
      <a class="btn quiet" href={linkTo(site, '/code')}>
        {t(language, 'have_code')}
      </a>
    </Layout>
  )
}
