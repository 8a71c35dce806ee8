import { readableCode } from '../code-format.ts'
import { type Language, t } from './texts.ts'

export interface AccessCodeProps {
  /** The code of this access. */
  username: string
  /** Shown only where it differs from the code. */
  password?: string | undefined
}

/** What the customer keeps: with it the access goes along to a new device, or to the same with a new address. */
export function AccessCode(props: AccessCodeProps & { language: Language; label?: string }) {
  const { language, username, password, label = t(language, 'your_code') } = props
  return (
    <>
      <span class="muted">{label}</span>
      <b class="code">{readableCode(username)}</b>
      {password !== undefined && password !== username && (
        <>
          <span class="muted">{t(language, 'your_password')}</span>
          <b class="code">{password}</b>
        </>
      )}
    </>
  )
}
