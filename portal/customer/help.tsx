import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { type TextKey, t } from './texts.ts'

const tips = ['help_open', 'help_phone', 'help_paid', 'help_again'] as const satisfies readonly TextKey[]

/** What helps most people who are stuck. Whom to call stands at the end of every page. */
export function HelpPage({ portalAddress, ...site }: SitePage & { portalAddress: string }) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'help_head')} plain>
      <h1>{t(language, 'help_head')}</h1>
      {tips.map((tip) => (
        <p>
          <Prose text={t(language, tip)} />
        </p>
      ))}
      <p>{t(language, 'help_address')}</p>
      <p class="code">{portalAddress}</p>
      <a class="btn" href={linkTo(site, '/code')}>
        {t(language, 'have_code')}
      </a>
      <a class="btn quiet" href={linkTo(site, '/')}>
        {t(language, 'back')}
      </a>
    </Layout>
  )
}
