import { Qr } from '../qr.tsx'
import { DeviceFields } from './device-fields.tsx'
import { viewOf } from './island.ts'
import { Layout } from './layout.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type TvPageProps = SitePage & {
  /** Short enough to be typed. */
  pairUrl: string
  /** Something at its name is online: it, most likely, but nothing says that it is the one who looks. */
  online?: boolean | undefined
  status: string
  eventsUrl: string
  statusUrl: string
}

/** What a TV or a console shows, on which nobody likes to type: a phone does it for it. */
export function TvPage({ pairUrl, online = false, status, eventsUrl, statusUrl, ...site }: TvPageProps) {
  const { language } = site
  const live = { eventsUrl, statusUrl, view: viewOf({ status, access: { online } }), elapsedSeconds: 0 }
  return (
    <Layout site={site} title={t(language, 'tv')} live={live} reload={!online}>
      <div class="stage">
        <div role="status">
          <h1>{t(language, online ? 'online' : 'tv_scan')}</h1>
          <p>{t(language, 'tv_scan_how')}</p>
        </div>
        <Qr text={pairUrl} />
        <p class="code">{pairUrl.replace(/^https?:\/\//, '')}</p>
        <a class="btn quiet" href={site.path}>
          {t(language, 'check_now')}
        </a>
      </div>
    </Layout>
  )
}

export type TvHowPageProps = SitePage & { bad?: string | undefined }

/** The same on the phone of somebody who asks for it: how to, and the way for a TV that shows no pages. */
export function TvHowPage({ bad, ...site }: TvHowPageProps) {
  const { language } = site
  return (
    <Layout site={site} title={t(language, 'tv')} plain>
      <h1>{t(language, 'tv')}</h1>
      <p>{t(language, 'tv_how')}</p>
      <a class="btn" href={`${linkTo(site, '/tv')}&show=1`}>
        {t(language, 'tv_this')}
      </a>
      <form method="get" action="/tv/other">
        <DeviceFields {...site} />
        {bad !== undefined && (
          <p class="err" role="alert" id="e">
            {t(language, 'error.bad-mac')}
          </p>
        )}
        <label for="tv">{t(language, 'tv_mac')}</label>
        <input
          class="code"
          id="tv"
          name="tv"
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxlength={20}
          required
          placeholder="AA:BB:CC:DD:EE:FF"
          value={bad}
          aria-describedby={bad === undefined ? 'h' : 'e h'}
          aria-invalid={bad === undefined ? undefined : 'true'}
        />
        <p class="hint gap" id="h">
          {t(language, 'tv_mac_hint')}
        </p>
        <button type="submit" class="btn quiet">
          {t(language, 'go_on')}
        </button>
      </form>
    </Layout>
  )
}
