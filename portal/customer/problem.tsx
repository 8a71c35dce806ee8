import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { type TextKey, t } from './texts.ts'

export type Problem = 'not-found' | 'trouble' | 'stopped'

const wordings = {
  'not-found': { headline: 'not_found_head', text: 'not_found' },
  trouble: { headline: 'trouble_head', text: 'trouble' },
  stopped: { headline: 'stopped_head', text: 'error.code-paused' },
} as const satisfies Record<Problem, { headline: TextKey; text: TextKey }>

export type ProblemPageProps = SitePage & {
  problem: Problem
  /** Shown so that the help line can find it. */
  requestId?: string | undefined
}

/** Something stands in the way. Says what, and the way on. */
export function ProblemPage({ problem, requestId, ...site }: ProblemPageProps) {
  const { language } = site
  const { headline, text } = wordings[problem]
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
        <a class="btn act" href={linkTo(site, '/')}>
          {t(language, 'start')}
        </a>
        {requestId !== undefined && <p class="hint code">{requestId}</p>}
      </div>
    </Layout>
  )
}
