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
  const best = routesOf(table).find(({ to, hasGateway }) => hasGateway && to === '00000000')
  return best && addressIn(best.gateway)
}

/** The networks that this machine reaches by a gateway of their own, by IPv4. */
export async function routesByGateway(): Promise<{ network: string; gateway: string }[]> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return routesIn(table)
}

export function routesIn(table: string): { network: string; gateway: string }[] {
  return routesOf(table)
    .filter(({ to, hasGateway }) => hasGateway && to !== '00000000')
    .map(({ to, gateway, mask }) => ({ network: `${addressIn(to)}/${lengthIn(mask)}`, gateway: addressIn(gateway) }))
}

/** Best first. */
const routesOf = (table: string) =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t').map((field) => field.trim()))
    .filter(({ length }) => length > 7)
    .map(([, to = '', gateway = '', flags = '0', , , metric, mask = '']) => ({
      ...{ to, gateway, mask, metric: Number(metric) },
      hasGateway: (Number.parseInt(flags, 16) & HAS_GATEWAY) > 0,
    }))
    .sort((a, b) => a.metric - b.metric)

const bytesIn = (hex: string): number[] => (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse()

const addressIn = (hex: string): string => bytesIn(hex).join('.')

const lengthIn = (mask: string): number =>
  bytesIn(mask).reduce((length, byte) => length + byte.toString(2).replaceAll('0', '').length, 0)

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
