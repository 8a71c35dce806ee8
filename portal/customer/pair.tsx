import { CodeForm } from './code-form.tsx'
import { DeviceFields } from './device-fields.tsx'
import { Layout } from './layout.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

/** `macAddress` and `routerId` are those of the TV: all that is done here is done for it. */
export type PairPageProps = SitePage & {
  /** What this phone could share with it: its code, and what it is. */
  own?: { code: string; text: string } | undefined
}

/** On the phone: gives the TV what the phone has, what a code is good for, or something new. */
export function PairPage({ own, ...site }: PairPageProps) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'pair')} plain>
      <h1>{t(language, 'pair')}</h1>
      <p class="code muted">{site.macAddress}</p>
      {own !== undefined && (
        <form method="post" action="/code">
          <DeviceFields {...site} />
          <input type="hidden" name="code" value={own.code} />
          <p>{own.text}</p>
          <button type="submit">{t(language, 'pair_own')}</button>
        </form>
      )}
      <a class={own === undefined ? 'btn' : 'btn quiet'} href={linkTo(site, '/buy')}>
        {t(language, 'pair_buy')}
      </a>
      <CodeForm site={site} />
    </Layout>
  )
}
