import type { RouterRow } from '../routers/router-table.ts'
import type { Nas } from './nas.ts'

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
