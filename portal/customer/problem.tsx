import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { type TextKey, t } from './texts.ts'

export type Problem =
  | 'not-found'
  | 'closed'
  | 'internet-down'
  | 'mpesa-down'
  | 'unknown-device'
  | 'too-many-tries'
  | 'trouble'

const wordings = {
  'not-found': { headline: 'not_found_head', text: 'not_found', way: 'start' },
  closed: { headline: 'closed_head', text: 'closed', way: 'code' },
  'internet-down': { headline: 'offline_head', text: 'error.internet-down', way: 'code' },
  'mpesa-down': { headline: 'busy_head', text: 'mpesa_down', way: 'code' },
  'unknown-device': { headline: 'device_head', text: 'device', way: 'start' },
  'too-many-tries': { headline: 'tries_head', text: 'error.too-many-tries', way: 'start' },
  trouble: { headline: 'trouble_head', text: 'trouble', way: 'start' },
} as const satisfies Record<Problem, { headline: TextKey; text: TextKey; way: 'start' | 'code' }>

export type ProblemPageProps = SitePage & {
  problem: Problem
  /** Shown so that the help line can find it. */
  requestId?: string | undefined
}

/** Something stands in the way. Says what, and what still works. */
export function ProblemPage({ problem, requestId, ...site }: ProblemPageProps) {
  const { language } = site
  const { headline, text, way } = wordings[problem]
  return (
    <Layout site={site} title={t(language, headline)}>
      <div class="stage">
        <Emblem shape="mark" tone="bad" />
        <h1>
          <Prose text={t(language, headline)} />
        </h1>
        <p>
          <Prose text={t(language, text)} />
        </p>
        <div class="act">
          {way === 'code' && (
            <a class="btn" href={linkTo(site, '/code')}>
              {t(language, 'have_code')}
            </a>
          )}
          <a class={way === 'code' ? 'btn quiet' : 'btn'} href={linkTo(site, '/')}>
            {t(language, 'start')}
          </a>
        </div>
        {requestId !== undefined && <p class="hint code">{requestId}</p>}
      </div>
    </Layout>
  )
}
