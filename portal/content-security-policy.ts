import { consoleCss } from './console/console.css.ts'
import { liveDesk } from './console/live-desk.ts'
import { cspSource } from './csp-source.ts'
import type { Brand } from './customer/brand.ts'
import { customerCss, stageCss } from './customer/customer.css.ts'
import { island } from './customer/island.ts'

/** All that pages carry inline. Constant texts, so nothing that anybody typed is ever among them. */
const ourScripts = [island, liveDesk].map((text) => ({ text, source: cspSource(text) }))
const ourStyles = [customerCss, stageCss, consoleCss].map((text) => ({ text, source: cspSource(text) }))

interface Allowed {
  /** The page that it is for: it may run what it carries of ours. Left out means all of ours. */
  html?: string | undefined
  brand?: Pick<Brand, 'cssSource'> | undefined
  /** Origins to which, beside ours, a form of this page leads, at once or by way of a redirect. */
  formTargets?: readonly string[]
}

/** For every page: our own scripts and stylesheets by their hashes, our own address, and nothing else. */
export function contentSecurityPolicy({ html, brand, formTargets = [] }: Allowed = {}): string {
  const carried = ({ text }: { text: string }) => html?.includes(text) ?? true
  const sources = (parts: typeof ourScripts) => parts.filter(carried).map(({ source }) => source)
  const scripts = sources(ourScripts)
  const styles = [...sources(ourStyles), ...(brand?.cssSource === undefined ? [] : [brand.cssSource])]
  return [
    "default-src 'none'",
    ...(scripts.length > 0 ? [`script-src ${scripts.join(' ')}`, "connect-src 'self'"] : []),
    ...(styles.length > 0 ? [`style-src ${styles.join(' ')}`] : []),
    'img-src data:',
    ["form-action 'self'", ...formTargets].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
