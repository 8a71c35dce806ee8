import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from './config.ts'

/** The address under which others reach a server that listens on `host`: the first of this machine when it listens on all. */
export function ownAddress(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  return outward?.address ?? '127.0.0.1'
}

/** The IPv4 address from which this machine would reach `host` now. Nothing is sent. Undefined: there is no way there. */
export async function addressTowards(host: string): Promise<string | undefined> {
  const socket = createSocket('udp4')
  try {
    socket.connect(1, host)
    await once(socket, 'connect')
    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

/** Where phones find the portal: as configured, else on this machine at `port`. Without a slash at the end. */
export function portalUrlOf({ site, http }: Pick<Config, 'site' | 'http'>, port: number): string {
  const scheme = http.tls_cert === undefined ? 'http' : 'https'
  return site.portal_url?.replace(/\/$/, '') ?? `${scheme}://${ownAddress(http.host)}:${port}`
}

/** Whether an address or host name leads to this machine alone, so that nobody else comes by it. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'))
}
