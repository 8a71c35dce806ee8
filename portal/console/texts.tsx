import { texts as customerTexts } from '../customer/texts.ts'
import type { ConsolePage } from './console-page.ts'
import { ConsoleLayout } from './layout.tsx'
import { type Notice, NoticeLine } from './notice.tsx'

/** A message as its form shows it; `fault` says why what was typed is not taken. */
export interface TextForm {
  key: string
  text: string
  isOurs: boolean
  placeholders: readonly { name: string; needed: boolean }[]
  segments: number
  fault?: string | undefined
}

export type TextsPageProps = ConsolePage & {
  texts: readonly TextForm[]
  notice?: Notice | undefined
}

const what: Record<string, string> = {
  credentials: 'User name and password',
  code: 'A code of its own',
  voucher: 'A voucher for somebody else',
  due: 'A subscription ends soon',
  grace: 'A subscription is over',
}
const languages: Record<string, { language: string }> = customerTexts

const titleOf = (key: string) => {
  const [kind = '', language = ''] = key.split('_')
  return `${what[kind] ?? kind}, ${languages[language]?.language ?? language}`
}

/** What customers are written by SMS, in the operator's words. */
export function TextsPage({ texts, notice, ...page }: TextsPageProps) {
  const mayChange = page.operator.role === 'admin'
  return (
    <ConsoleLayout page={page} title="SMS texts">
      <div class="bar">
        <h1>SMS texts</h1>
        <a class="btn quiet" href="/console">
          Back to the desk
        </a>
      </div>
      <NoticeLine notice={notice} />
      {texts.map((text) => (
        <form class="panel" method="post" action={`/console/texts/${text.key}`}>
          <h2>
            {titleOf(text.key)}
            <small>
              {text.segments === 1 ? 'one short message' : `${text.segments} short messages`}
              {text.isOurs ? '' : ', your own words'}
            </small>
          </h2>
          <input type="hidden" name="csrf" value={page.csrf} />
          <div class="sell">
            <div>
              <label for={text.key}>
                {text.placeholders.map(({ name, needed }) => `{${name}}${needed ? ' (needed)' : ''}`).join(', ')}
              </label>
              <input
                id={text.key}
                name="text"
                maxlength={600}
                required
                value={text.text}
                readonly={!mayChange}
                aria-invalid={text.fault === undefined ? undefined : 'true'}
              />
              {text.fault !== undefined && <p class="note bad">{text.fault}</p>}
            </div>
            {mayChange && <button type="submit">Save</button>}
            {mayChange && !text.isOurs && (
              <button type="submit" class="quiet" name="ours" value="1">
                Use the usual text
              </button>
            )}
          </div>
        </form>
      ))}
    </ConsoleLayout>
  )
}
