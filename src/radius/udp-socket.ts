import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Sender } from './duplicates.ts'

/** Linux's default holds some 200 packets; the routers of a site that has power again send thousands at once. */
const RECEIVE_BUFFER_BYTES = 4 << 20

/** Who waits for a reply. */
export interface Asker extends Sender {
  send(reply: Buffer): void
}

export type Receive = (datagram: Buffer, asker: Asker) => void

export interface UdpSocketOptions {
  host: string
  port: number
  /** The configuration key of the port, for messages. */
  setting: string
  receive: Receive
  log: Log
}

/** Throws MlangoError when the port cannot be had. */
export async function openUdpSocket({ host, port, setting, receive, log }: UdpSocketOptions): Promise<Socket> {
  const family = isIPv6(host) ? 6 : 4
  const socket = createSocket({
    type: `udp${family}`,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Only addresses come here: asking the resolver would cost each reply a turn of the loop.
    lookup: (address, _options, found) => found(null, address, family),
  })
  try {
    const listening = once(socket, 'listening')
    socket.bind(port, host)
    await listening
  } catch (thrown) {
    socket.close()
    throw new MlangoError('radius-port-unusable', explain(thrown, `${host}:${port}`, setting), { cause: thrown })
  }
  warnOfSmallBuffer(socket, log)
  socket.on('error', (err) => log.warn({ err }, 'an error of a RADIUS socket'))
  answerTogether(socket, family, receive, log)
  return socket
}

/**
 * What has come in one turn of the event loop is read, then worked on, then answered, each as a whole: a processor that does the
 * same thing again has its code and data at hand, and under load most of the cost of a login is fetching them.
 */
function answerTogether(socket: Socket, family: 4 | 6, receive: Receive, log: Log): void {
  let requests: { datagram: Buffer; asker: Asker }[] = []
  let replies: { bytes: Buffer; to: RemoteInfo }[] = []
  let isWorking = false

  socket.on('message', (datagram, from) => {
    const address = family === 6 ? from.address.replace(/^::ffff:/, '') : from.address
    requests.push({ datagram, asker: { address, port: from.port, send: (bytes) => reply(bytes, from) } })
    if (requests.length === 1) setImmediate(work)
  })
  socket.on('close', () => {
    requests = []
  })

  function work(): void {
    const now = requests
    requests = []
    isWorking = true
    for (const { datagram, asker } of now) receive(datagram, asker)
    isWorking = false
    const ready = replies
    replies = []
    for (const { bytes, to } of ready) send(bytes, to)
  }

  function reply(bytes: Buffer, to: RemoteInfo): void {
    if (isWorking) replies.push({ bytes, to })
    else send(bytes, to)
  }

  function send(bytes: Buffer, { port, address }: RemoteInfo): void {
    // A reply that cannot leave is one that was lost on the way: the router asks again. After stop() nothing is sent.
    try {
      socket.send(bytes, port, address)
    } catch (thrown) {
      log.debug({ err: asError(thrown) }, 'a RADIUS reply was not sent')
    }
  }
}

function explain(thrown: unknown, where: string, setting: string): string {
  const { code } = thrown as NodeJS.ErrnoException
  const change = `or change [radius] ${setting}.`
  switch (code) {
    case 'EADDRINUSE':
      return `RADIUS cannot listen on UDP ${where}: another program has that port. Stop it (often freeradius), ${change}`
    case 'EACCES':
      return `RADIUS cannot listen on UDP ${where}: the system does not allow it. Give the service that right, ${change}`
    case 'EADDRNOTAVAIL':
      return `RADIUS cannot listen on UDP ${where}: this machine has no such address. Change [radius] host.`
    default:
      return `RADIUS cannot listen on UDP ${where}: ${asError(thrown).message}`
  }
}

/** The kernel cuts the wish to net.core.rmem_max without a word, and reports twice what it granted. */
function warnOfSmallBuffer(socket: Socket, log: Log): void {
  const grantedBytes = socket.getRecvBufferSize() / 2
  if (grantedBytes >= RECEIVE_BUFFER_BYTES) return
  log.warn(
    { grantedBytes, wantedBytes: RECEIVE_BUFFER_BYTES },
    `RADIUS may lose packets when many come at once. Run: sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}`,
  )
}
