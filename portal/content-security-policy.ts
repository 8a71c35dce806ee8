import { consoleStyleCspSource } from './console/layout.tsx'
import { liveDeskCspSource } from './console/live-desk.ts'
import type { Brand } from './customer/brand.ts'
import { islandCspSource } from './customer/island.ts'
import { customerStyleCspSource } from './customer/layout.tsx'

const policyWith = (brandStyle: string) =>
  [
    "default-src 'none'",
    `script-src ${islandCspSource} ${liveDeskCspSource}`,
    `style-src ${customerStyleCspSource} ${consoleStyleCspSource}${brandStyle}`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const policy = policyWith('')

/** For every page: our own scripts and stylesheets by their hashes, our own address, and nothing else. */
export function contentSecurityPolicy({ cssSource }: Pick<Brand, 'cssSource'> = { cssSource: undefined }): string {
  return cssSource === undefined ? policy : policyWith(` ${cssSource}`)
}
