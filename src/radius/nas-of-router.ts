import type { RouterRow } from '../routers/router-table.ts'
import type { Nas } from './nas.ts'

/** The certificate has taken the secret's part, so the secret is this word for everybody (RFC 6614 section 2.3). */
const RADSEC_SECRET = Buffer.from('radsec')

/** A registered router as RADIUS sees it. */
export function nasOfRouter(
  router: RouterRow,
  requireMessageAuthenticator: Nas['requireMessageAuthenticator'] = 'auto',
): Nas {
  return {
    routerId: router.id,
    name: router.name,
    address: router.address ?? '',
    secret: Buffer.from(router.radiusSecret),
    coaPort: router.coaPort,
    requireMessageAuthenticator,
  }
}

/** The same over TLS: its certificate has proved who it is. */
export function radsecNasOfRouter(router: RouterRow): Nas {
  return { ...nasOfRouter(router, 'no'), secret: RADSEC_SECRET, overTls: true }
}
