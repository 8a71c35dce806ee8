import { type RouterRow, routerByAddress, routerByName } from '../routers/router-table.ts'
import type { Db } from '../store/database.ts'
import type { Nas } from './nas.ts'

/** The certificate has taken the secret's part, so the secret is this word for everybody (RFC 6614 section 2.3). */
const RADSEC_SECRET = Buffer.from('radsec')

/** A registered router as RADIUS sees it. */
export function nasOfRouter(router: RouterRow, siteRequires: Nas['requireMessageAuthenticator'] = 'auto'): Nas {
  return {
    routerId: router.id,
    name: router.name,
    address: router.address ?? '',
    secret: Buffer.from(router.radiusSecret),
    coaPort: router.coaPort,
    requireMessageAuthenticator: router.requireMessageAuthenticator ?? siteRequires,
    hasSigned: router.signedAtMs !== null,
  }
}

/**
 * The router that a certificate of the site's authority names. Where several routers share an address, only the name tells
 * them apart: so the address counts only for a certificate that names nobody.
 */
export function radsecNas(db: Db, names: readonly string[], address: string): Nas | undefined {
  const named = names.map((name) => routerByName(db, name)).find((router) => router !== undefined)
  const router = names.length === 0 ? routerByAddress(db, address) : named
  return router && { ...nasOfRouter(router), secret: RADSEC_SECRET, overTls: true }
}
