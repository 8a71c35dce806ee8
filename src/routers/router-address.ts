import type { RouterRow } from './router-table.ts'
import type { RouterAddress } from './routeros-connection.ts'

/** Where and how to reach a router's API; undefined while it has not said where it is. */
export function routerAddress(router: RouterRow): RouterAddress | undefined {
  if (router.address === null) return undefined
  return {
    routerId: router.id,
    host: router.address,
    port: router.apiPort,
    tls: router.apiTls === 1,
    username: router.apiUsername,
    password: router.apiPassword,
    ...(router.certificatePem !== null && { certificate: router.certificatePem }),
  }
}
