import { DeviceFields } from './device-fields.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type MovePageProps = SitePage & {
  /** Typed a moment ago, and right. */
  code: string
  /** How many may be online with it, and are. */
  devices: { limit: number; online: number }
}

/** The code is right, and all that it allows is in use: whoever holds it decides where. */
export function MovePage({ code, devices, ...site }: MovePageProps) {
  const { language } = site
  const { limit, online: n } = devices
  return (
    <Layout site={site} title={t(language, 'move_here')}>
      <div class="stage">
        <Emblem shape="phone" />
        <h1>{limit === 1 ? t(language, 'move') : t(language, 'move_full', { n })}</h1>
        <p>{limit === 1 ? t(language, 'move_how') : t(language, 'move_full_how', { limit, n })}</p>
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
