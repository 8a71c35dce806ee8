import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

/** What is said from so many seconds on. */
export interface Phase {
  fromSeconds: number
  headline: string
  text: string
  /** It has taken so long that the customer may know more than we do. */
  offerCode?: boolean
}

interface PhasesProps {
  site: SitePage
  phases: readonly Phase[]
  elapsedSeconds: number
}

/** All that will be said while the customer waits, in order; the island moves on from one to the next. */
export function Phases({ site, phases, elapsedSeconds }: PhasesProps) {
  const shown = phaseAt(phases, elapsedSeconds)
  return (
    <div role="status">
      {phases.map((phase) => (
        <div data-at={phase.fromSeconds} hidden={phase !== shown}>
          <h1>
            <Prose text={phase.headline} />
          </h1>
          <p>
            <Prose text={phase.text} />
          </p>
          {phase.offerCode && (
            <a class="btn quiet" href={linkTo(site, '/code')}>
              {t(site.language, 'already_paid')}
            </a>
          )}
        </div>
      ))}
    </div>
  )
}

/** The last one whose time has come; the first where none has. */
export function phaseAt(phases: readonly Phase[], elapsedSeconds: number): Phase | undefined {
  return phases.findLast(({ fromSeconds }) => fromSeconds <= elapsedSeconds) ?? phases[0]
}
