import { AccessAction } from './access-action.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { type Remains, RemainsBox, untilText } from './remains.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type TimeLeftPageProps = SitePage & {
  remains: Remains
  /** Why the customer sees this: back at the site, or by the button that disconnects. */
  came: 'back' | 'left'
  /** Address of the page of this access; its actions are below it. */
  accessUrl: string
}

/** Paid for, not used up, and not online: one tap, and nobody pays twice. */
export function TimeLeftPage({ came, accessUrl, remains, ...site }: TimeLeftPageProps) {
  const { language } = site
  const headline = t(language, came === 'back' ? 'welcome_head' : 'left_head')
  return (
    <Layout site={site} title={headline}>
      <div class="stage">
        <Emblem shape="clock" />
        <h1>{headline}</h1>
        <p>{untilText(language, remains)}</p>
        <p class="muted">{t(language, 'still_have')}</p>
        <AccessAction {...{ site, accessUrl }} action="connect" label={t(language, 'connect_here')} />
        <RemainsBox language={language} {...remains} />
        <a class="btn quiet" href={linkTo(site, '/buy')}>
          {t(language, 'add_time')}
        </a>
        <a class="btn quiet" href={linkTo(site, '/code')}>
          {t(language, 'have_code')}
        </a>
      </div>
    </Layout>
  )
}
