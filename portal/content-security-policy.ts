import { consoleStyleCspSource } from './console/layout.tsx'
import { liveDeskCspSource } from './console/live-desk.ts'
import type { Brand } from './customer/brand.ts'
import { islandCspSource } from './customer/island.ts'
import { customerStyleCspSource } from './customer/layout.tsx'

const policyWith = (brandStyle: string, formTargets: string) =>
  [
    "default-src 'none'",
    `script-src ${islandCspSource} ${liveDeskCspSource}`,
    `style-src ${customerStyleCspSource} ${consoleStyleCspSource}${brandStyle}`,
    "connect-src 'self'",
    'img-src data:',
    `form-action 'self'${formTargets}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/**
 * For every page: our own scripts and stylesheets by their hashes, our own address, and nothing else; `formTargets` are
 * the origins to which, beside ours, a form of this page leads, at once or by way of a redirect.
 */
export function contentSecurityPolicy(
  { cssSource }: Pick<Brand, 'cssSource'> = { cssSource: undefined },
  formTargets: readonly string[] = [],
): string {
  return policyWith(cssSource === undefined ? '' : ` ${cssSource}`, formTargets.map((origin) => ` ${origin}`).join(''))
}
