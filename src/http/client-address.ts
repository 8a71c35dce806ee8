import type { IncomingMessage } from 'node:http'
import { isIPv4 } from 'node:net'
import type { Context } from 'hono'

/** What the server hands to every request. */
export interface ServerBindings {
  incoming: IncomingMessage
  /** True on the control socket in the data directory, which only the service's own user and root can open. */
  local?: boolean
}

/** The caller's address; a proxy is believed only when it is listed. */
export function clientAddress(context: Context, trustedProxies: readonly string[]): string {
  const bindings = context.env as ServerBindings | undefined
  const remoteAddress = bindings?.incoming?.socket.remoteAddress
  return addressOf(remoteAddress, context.req.header('x-forwarded-for'), trustedProxies)
}

/** The same of a request that no app has taken. */
export const senderOf = ({ socket, headers }: IncomingMessage, trustedProxies: readonly string[]): string =>
  addressOf(socket.remoteAddress, headers['x-forwarded-for']?.toString(), trustedProxies)

function addressOf(remoteAddress = '', forwardedFor = '', trustedProxies: readonly string[] = []): string {
  const direct = plain(remoteAddress)
  if (!trustedProxies.includes(direct)) return direct
  const forwarded = forwardedFor.split(',').map((address) => address.trim())
  return forwarded.findLast((address) => address !== '' && !trustedProxies.includes(address)) ?? direct
}

/** The address of ours by which the request came; undefined on the control socket. */
export function localAddress(context: Context): string | undefined {
  const bindings = context.env as ServerBindings | undefined
  const address = bindings?.incoming?.socket.localAddress
  return address === undefined ? undefined : plain(address)
}

/** Whatever a proxy adds when it passes a request on. */
const PROXY_HEADERS = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']

/** Whether a program on this box asks, for itself: what a proxy here passes on comes from elsewhere. */
export function isFromThisBox(context: Context): boolean {
  const bindings = context.env as ServerBindings | undefined
  const direct = plain(bindings?.incoming?.socket.remoteAddress ?? '')
  const isLoopback = direct === '::1' || (isIPv4(direct) && direct.startsWith('127.'))
  return isLoopback && PROXY_HEADERS.every((name) => context.req.header(name) === undefined)
}

/** IPv4 addresses arrive as ::ffff:a.b.c.d on a socket that serves both. */
const plain = (address: string): string => address.replace(/^::ffff:/, '')
