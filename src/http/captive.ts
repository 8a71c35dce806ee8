import { isIP } from 'node:net'
import { createMiddleware } from 'hono/factory'
import type { House } from './house.ts'
import { portalUrlFor } from './portal-url.ts'

/** Paths by which phones and computers ask whether they are captive, whatever host they think they speak to. */
const PROBE_PATHS = new Set([
  '/hotspot-detect.html',
  '/library/test/success.html',
  '/generate_204',
  '/gen_204',
  '/connecttest.txt',
  '/ncsi.txt',
  '/redirect',
  '/canonical.html',
  '/success.txt',
  '/check_network_status.txt',
  '/nm',
  '/nm-check.txt',
  '/kindle-wifi/wifistub.html',
])

/** Ours by any name: callbacks come through tunnels, operators and routers by whatever name they know. */
const OWN_PATHS = /^\/(api|console|healthz|readyz|metrics|capport|hotspot)(\/|$)/

/**
 * Phones that look for the Internet through this box are sent to the portal's own address, at which they have come. Never a faked success: the
 * phone would believe it is online.
 */
export function captureForeignHosts(house: House) {
  const { site, mpesa } = house.config
  const ownUrls = [site.portal_url, mpesa.callback_base_url].filter((url) => url !== undefined)
  const ownHosts = new Set(ownUrls.map((url) => new URL(url).hostname)).add('localhost')
  const isOwn = (hostname: string) => ownHosts.has(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  return createMiddleware(async (context, next) => {
    const { hostname, pathname } = new URL(context.req.url)
    const foreign = !isOwn(hostname) && !OWN_PATHS.test(pathname)
    if (!foreign && !PROBE_PATHS.has(pathname)) return next()
    return intercept(`${portalUrlFor(house, context)}/`)
  })
}

/**
 * With a length and without keep-alive: some gateways pin an established connection to the walled garden, and an empty
 * chunked body confuses old mini-browsers.
 */
function intercept(location: string): Response {
  const headers = { Location: location, 'Content-Length': '0', Connection: 'close', 'Cache-Control': 'no-store' }
  return new Response(null, { status: 302, headers })
}
