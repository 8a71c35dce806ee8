import { DeviceFields } from './device-fields.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type MovePageProps = SitePage & {
  /** Typed a moment ago, and right. */
  code: string
}

/** The code is right, and all that it allows is in use: whoever holds it decides where. */
export function MovePage({ code, ...site }: MovePageProps) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'move_here')}>
      <div class="stage">
        <Emblem shape="phone" />
        <h1>{t(language, 'move')}</h1>
        <p>{t(language, 'move_how')}</p>
        <form method="post" action="/code">
          <DeviceFields {...site} />
          <input type="hidden" name="code" value={code} />
          <button type="submit" name="move" value="1">
            {t(language, 'move_here')}
          </button>
        </form>
        <a class="btn quiet" href={linkTo(site, '/')}>
          {t(language, 'back')}
        </a>
      </div>
    </Layout>
  )
}
