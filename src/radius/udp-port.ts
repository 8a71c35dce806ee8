import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import { openUdpSocket, type UdpSocketOptions } from './udp-socket.ts'

/** An interface that comes up later (DHCP, VPN) is served so soon. */
const LOOK_AGAIN_MS = 5_000
const EVERYWHERE = '0.0.0.0'

interface UdpPortOptions extends UdpSocketOptions {
  clock: Clock
  /** Of this machine. */
  ownAddresses?: () => string[]
}

export interface UdpPort {
  readonly port: number
  close(): void
}

/**
 * One port, on one address or on all of them. A reply must leave from the address that was asked (RFC 2865 section 3),
 * and a socket that listens everywhere cannot choose: so each address of the machine gets a socket of its own.
 */
export async function openUdpPort(options: UdpPortOptions): Promise<UdpPort> {
  const { host, clock, log, ownAddresses = ipv4Addresses } = options
  const sockets = new Map<string, Socket>()
  let { port } = options
  let closed = false
  let cancelLook = () => {}

  async function open(address: string): Promise<void> {
    const socket = await openUdpSocket({ ...options, host: address, port })
    if (closed) socket.close()
    else sockets.set(address, socket)
    port = socket.address().port
  }

  function close(): void {
    closed = true
    cancelLook()
    for (const socket of sockets.values()) socket.close()
    sockets.clear()
  }

  async function look(): Promise<void> {
    const addresses = new Set(ownAddresses())
    for (const [address, socket] of sockets) {
      if (addresses.has(address)) continue
      socket.close()
      sockets.delete(address)
    }
    for (const address of addresses) {
      if (closed || sockets.has(address)) continue
      try {
        await open(address)
      } catch (thrown) {
        log.warn({ err: asError(thrown), address }, 'RADIUS cannot listen on an address that has come up')
      }
    }
    if (!closed) lookLater()
  }

  const lookLater = () => {
    cancelLook = clock.after(LOOK_AGAIN_MS, () => void look())
  }

  try {
    for (const address of host === EVERYWHERE ? ownAddresses() : [host]) await open(address)
  } catch (thrown) {
    close()
    throw thrown
  }
  if (host === EVERYWHERE) lookLater()
  return {
    get port() {
      return port
    },
    close,
  }
}

function ipv4Addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}
