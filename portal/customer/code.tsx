import { CodeForm } from './code-form.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { type CustomerErrorCode, t } from './texts.ts'

export type CodePageProps = SitePage & {
  /** What was typed, kept after an error. */
  code?: string | undefined
  error?: { code: CustomerErrorCode; waitSeconds?: number | undefined } | undefined
}

/** The other way in: with something that the customer holds already. */
export function CodePage({ code, error, ...site }: CodePageProps) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'code_head')}>
      <Emblem shape="ticket" />
      <h1>{t(language, 'code_head')}</h1>
      <CodeForm {...{ site, code, error }} />
      <a class="btn quiet" href={linkTo(site, '/')}>
        {t(language, 'back')}
      </a>
    </Layout>
  )
}
