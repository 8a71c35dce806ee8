import { DeviceFields } from './device-fields.tsx'
import { waitTime } from './duration.ts'
import { Prose } from './prose.tsx'
import type { SitePage } from './site-page.ts'
import { type CustomerErrorCode, errorText, t } from './texts.ts'

interface CodeFormProps {
  site: SitePage
  /** What was typed, kept after an error. */
  code?: string | undefined
  error?: { code: CustomerErrorCode; waitSeconds?: number | undefined } | undefined
}

/** One field for every code a customer may hold: voucher, resume code, M-PESA receipt. */
export function CodeForm({ site, code, error }: CodeFormProps) {
  const { language } = site
  return (
    <form method="post" action="/code">
      <DeviceFields {...site} />
      {error !== undefined && (
        <p class="err" role="alert" id="e">
          <Prose text={errorText(language, error.code, { wait: waitTime(language, error.waitSeconds) })} />
        </p>
      )}
      <label for="code">
        <Prose text={t(language, 'code_label')} />
      </label>
      <input
        class="code"
        id="code"
        name="code"
        type="text"
        autocomplete="off"
        autocapitalize="characters"
        autocorrect="off"
        spellcheck={false}
        maxlength={400}
        required
        value={code}
        aria-describedby={error === undefined ? 'h' : 'e h'}
        aria-invalid={error === undefined ? undefined : 'true'}
        autofocus={error !== undefined}
      />
      <p class="hint gap" id="h">
        <Prose text={t(language, 'code_hint')} />
      </p>
      <button type="submit">{t(language, 'connect')}</button>
    </form>
  )
}
