import { consoleStyleCspSource } from './console/layout.tsx'
import { liveDeskCspSource } from './console/live-desk.ts'
import { islandCspSource } from './customer/island.ts'
import { customerStyleCspSource } from './customer/layout.tsx'

const policy = [
  "default-src 'none'",
  `script-src ${islandCspSource} ${liveDeskCspSource}`,
  `style-src ${customerStyleCspSource} ${consoleStyleCspSource}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** For every page: our own scripts and stylesheets by their hashes, our own address, and nothing else. */
export function contentSecurityPolicy(): string {
  return policy
}
