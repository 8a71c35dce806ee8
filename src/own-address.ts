import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from './config.ts'

/** The address under which others reach a server that listens on `host`: the first of this machine when it listens on all. */
export function ownAddress(host: string): string {
  if (!isEverywhere(host)) return host
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

/** Where this machine sends what is meant for elsewhere, by IPv4. Undefined: nowhere, or the kernel does not say. */
export async function defaultGateway(): Promise<string | undefined> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return gatewayIn(table)
}

/** Of a routing table as Linux writes it: addresses are hexadecimal, their last byte first. */
export function gatewayIn(table: string): string | undefined {
  const routes = table.split('\n').map((line) => line.split('\t'))
  const ways = routes.filter(
    ([, to, , flags = '0']) => to === '00000000' && (Number.parseInt(flags, 16) & HAS_GATEWAY) > 0,
  )
  const [best] = ways.sort((a, b) => Number(a[6]) - Number(b[6]))
  return best?.[2]
    ?.match(/../g)
    ?.map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join('.')
}

const HAS_GATEWAY = 2

/** Where phones find the portal: as configured, else on this machine at `port`. Without a slash at the end. */
export function portalUrlOf({ site, http }: Pick<Config, 'site' | 'http'>, port: number): string {
  const scheme = http.tls_cert === undefined ? 'http' : 'https'
  return site.portal_url?.replace(/\/$/, '') ?? `${scheme}://${ownAddress(http.host)}:${port}`
}

/**
 * The same for who comes by one certain address of this machine: where it has several and the operator has named no portal,
 * the first of them may be out of his reach.
 */
export function portalUrlBy(
  { site, http }: Pick<Config, 'site' | 'http'>,
  portalUrl: string,
  address: string | undefined,
): string {
  const isOneOfMany = site.portal_url === undefined && isEverywhere(http.host)
  if (!isOneOfMany || address === undefined || !isIPv4(address) || isLoopback(address)) return portalUrl
  const url = new URL(portalUrl)
  url.hostname = address
  return url.origin
}

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Whether an address or host name leads to this machine alone, so that nobody else comes by it. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'))
}
