import { DeviceFields } from './device-fields.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { t } from './texts.ts'

/** What is said from so many seconds on. */
export interface Phase {
  fromSeconds: number
  headline: string
  text: string
  /** It has taken so long that the customer may know more than we do: paid already, or never asked. */
  offers?: readonly ('code' | 'again')[]
}

interface PhasesProps {
  site: SitePage
  phases: readonly Phase[]
  elapsedSeconds: number
  /** What `again` asks for; the server sends nothing while the first request may still be answered. */
  again?: { phoneNumber: string; packageId: number } | undefined
}

/** All that will be said while the customer waits, in order; the island moves on from one to the next. */
export function Phases({ site, phases, elapsedSeconds, again }: PhasesProps) {
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
          {phase.offers?.includes('code') && (
            <a class="btn quiet" href={linkTo(site, '/code')}>
              {t(site.language, 'already_paid')}
            </a>
          )}
          {again && phase.offers?.includes('again') && (
            <form method="post" action="/pay">
              <DeviceFields {...site} />
              <input type="hidden" name="phone" value={again.phoneNumber} />
              <button type="submit" class="btn quiet" name="package" value={String(again.packageId)}>
                {t(site.language, 'resend')}
              </button>
            </form>
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
