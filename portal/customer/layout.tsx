import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import { Door } from '../door.tsx'
import { customerCss, stageCss } from './customer.css.ts'
import { island } from './island.ts'
import { inLanguage, type SitePage } from './site-page.ts'
import { LANGUAGES, t } from './texts.ts'

/** What the island needs on a page that changes by itself (see `island.ts`). */
export interface LiveView {
  eventsUrl: string
  statusUrl: string
  view: string
  elapsedSeconds: number
}

interface LayoutProps {
  site: SitePage
  title: string
  live?: LiveView | undefined
  /** Go here by a full navigation as soon as the page has been seen. */
  nextUrl?: string | undefined
  /** With scripts off, load the page again every 4 s. Only where there is nothing to fill in. */
  reload?: boolean | undefined
  /** No emblem, no box: only fields and buttons. */
  plain?: boolean | undefined
  children?: Child
}

/** The document around every customer page: one request, nothing from elsewhere. */
export function Layout({ site, title, live, nextUrl, reload = false, plain = false, children }: LayoutProps) {
  const brand = brandOf(site)
  const otherLanguages = (site.languages ?? LANGUAGES).filter((language) => language !== site.language)
  const liveAttributes = {
    'data-events': live?.eventsUrl,
    'data-status': live?.statusUrl,
    'data-view': live?.view,
    'data-elapsed': live?.elapsedSeconds,
    'data-next': nextUrl,
  }
  return (
    <html lang={site.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no" />
        <title>{title === brand ? brand : `${title} – ${brand}`}</title>
        <link rel="icon" href="data:," />
        {/* Raw, but constant: our own stylesheets. */}
        <style dangerouslySetInnerHTML={{ __html: customerCss }} />
        {!plain && <style dangerouslySetInnerHTML={{ __html: stageCss }} />}
        {/* Raw, made of the operator's colour, which is six digits. */}
        {site.brand !== undefined && site.brand.css !== '' && (
          <style dangerouslySetInnerHTML={{ __html: site.brand.css }} />
        )}
        {/* Raw, for a <meta> in JSX would be lifted out of <noscript> */}
        {reload && <noscript dangerouslySetInnerHTML={{ __html: '<meta http-equiv=refresh content=4>' }} />}
        {nextUrl !== undefined && <noscript dangerouslySetInnerHTML={{ __html: goTo(nextUrl) }} />}
      </head>
      <body {...liveAttributes}>
        <div class="w">
          <header>
            {site.brand?.logo === undefined ? <Door /> : <img class="logo" src={site.brand.logo} alt="" />}
            <b>{brand}</b>
            {otherLanguages.map((language) => (
              <a class="lang" lang={language} hreflang={language} href={inLanguage(site, language)}>
                {t(language, 'language')}
              </a>
            ))}
          </header>
          <main>{children}</main>
          {site.supportPhone !== undefined && (
            <footer>
              <a href={`tel:${site.supportPhone.replace(/[^+\d]/g, '')}`}>
                {t(site.language, 'help', { tel: site.supportPhone.replace(/ /g, '\u00a0') })}
              </a>
            </footer>
          )}
        </div>
        {/* Raw, but constant: our own script. */}
        {(live || nextUrl !== undefined) && <script dangerouslySetInnerHTML={{ __html: island }} />}
      </body>
    </html>
  )
}

/** "Kilimani WiFi": many sites already call themselves so. */
export function brandOf({ siteName, language }: SitePage): string {
  return /wi-?fi/i.test(siteName) ? siteName : t(language, 'title', { brand: siteName })
}

const goTo = (url: string): string => String(html`<meta http-equiv=refresh content="1;url=${url}">`)
