import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type PeerCertificate, type Server, type TLSSocket } from 'node:tls'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Nas } from './nas.ts'
import { packetLength } from './packet.ts'
import type { Asker, Receive } from './udp-socket.ts'

/** RADIUS over TLS (RFC 6614): packets one after the other on a stream, both ends with certificates. */

const HANDSHAKE_MS = 10_000
const SILENCE_MS = 3_600_000
const KEEP_ALIVE_MS = 60_000
const MOST_CONNECTIONS = 256
/** A peer that does not read its answers. */
const MOST_UNREAD_BYTES = 1 << 20

export interface RadsecSettings {
  port: number
  /** PEM; `ca` is who signs the routers' certificates. */
  cert: Buffer
  key: Buffer
  ca: Buffer
}

interface RadsecPortOptions extends RadsecSettings {
  host: string
  receive: Receive
  /** Whose connection it is. Asked for every packet, so it must be quick: a router may be removed while it is connected. */
  findPeer(names: readonly string[], address: string): Nas | undefined
  log: Log
}

export interface RadsecPort {
  readonly port: number
  close(): void
}

/** Throws MlangoError when the port or the certificates cannot be used. */
export async function openRadsecPort(options: RadsecPortOptions): Promise<RadsecPort> {
  const { host, port, cert, key, ca, receive, findPeer, log } = options
  const server = listenerOf({ cert, key, ca })
  const connections = new Set<Socket>()
  server.maxConnections = MOST_CONNECTIONS
  server.on('connection', (connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  server.on('tlsClientError', (err, { remoteAddress }) => {
    log.debug({ err: asError(err), address: remoteAddress }, 'a RadSec connection was not opened')
  })
  server.on('secureConnection', (socket) => {
    socket.on('error', (err) => log.debug({ err: asError(err) }, 'a RadSec connection broke'))
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    const port = socket.remotePort ?? 0
    const names = namesIn(socket.getPeerCertificate())
    const send = (reply: Buffer) => {
      if (socket.writableLength > MOST_UNREAD_BYTES) socket.destroy()
      else if (socket.writable) socket.write(reply)
    }
    const whoIsIt = () => {
      const nas = findPeer(names, address)
      if (!nas)
        log.warn({ address, names }, 'a RadSec peer has a good certificate, but it names no router of this site')
      return nas && { address, port, nas, send }
    }
    if (whoIsIt()) serve(socket, whoIsIt, receive)
    else socket.destroy()
  })
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (thrown) {
    server.close()
    const sentence = `RadSec cannot listen on TCP ${host}:${port}: ${asError(thrown).message}. Change [radius] radsec_port.`
    throw new MlangoError('radius-port-unusable', sentence, { cause: thrown })
  }
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of connections) socket.destroy()
    },
  }
}

function listenerOf(pem: { cert: Buffer; key: Buffer; ca: Buffer }): Server {
  try {
    return createServer({
      ...pem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      noDelay: true,
    })
  } catch (thrown) {
    const sentence = `RadSec cannot use its certificates ([radius] radsec_cert, radsec_key, radsec_ca): ${asError(thrown).message}`
    throw new MlangoError('radsec-certificate-unusable', sentence, { cause: thrown })
  }
}

/** Takes the stream apart. What is no packet ends the connection: after it nobody knows where the next one begins. */
function serve(socket: TLSSocket, whoIsIt: () => Asker | undefined, receive: Receive): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.setTimeout(SILENCE_MS, () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (let length = packetLength(pending); length !== undefined; length = packetLength(pending)) {
      if (length === 'nonsense') {
        socket.destroy()
        return
      }
      if (pending.length < length) return
      const asker = whoIsIt()
      if (!asker) {
        socket.destroy()
        return
      }
      receive(pending.subarray(0, length), asker)
      pending = pending.subarray(length)
    }
  })
}

function namesIn({ subject, subjectaltname }: PeerCertificate): string[] {
  const alternatives = (subjectaltname ?? '').split(', ').filter((name) => name.startsWith('DNS:'))
  return [subject?.CN ?? [], alternatives.map((name) => name.slice(4))].flat()
}
