import type { RemoteInfo, Socket } from 'node:dgram'
import type { RouterFaults } from '../faults.ts'
import type { Hotspot } from '../hotspot/hotspot.ts'
import { changesOf } from '../hotspot/session.ts'
import type { PppServer } from '../ppp/ppp-server.ts'
import type { RouterSettings } from '../router-settings.ts'
import { ATTRIBUTE, CODE, MIKROTIK } from './attributes.ts'
import { isAuthenticRequest, sealAnswer } from './authenticity.ts'
import { type Attribute, addressOf, integer, ofVendor, type Packet, parsePacket, textOf } from './packet.ts'
import { openUdpSocket } from './udp-socket.ts'

const ERROR_CAUSE = { unsupportedAttribute: 401, missingAttribute: 402, sessionNotFound: 503 } as const

/** Attributes that a CoA-Request may bring beside those that it changes. */
const NAMING: number[] = [
  ATTRIBUTE.userName,
  ATTRIBUTE.framedIpAddress,
  ATTRIBUTE.acctSessionId,
  ATTRIBUTE.callingStationId,
  ATTRIBUTE.nasIdentifier,
  ATTRIBUTE.nasIpAddress,
  ATTRIBUTE.proxyState,
  ATTRIBUTE.eventTimestamp,
  ATTRIBUTE.messageAuthenticator,
]
const CHANGEABLE: number[] = [ATTRIBUTE.sessionTimeout, ATTRIBUTE.portLimit, ATTRIBUTE.vendorSpecific]
const CHANGEABLE_MIKROTIK: number[] = [MIKROTIK.recvLimit, MIKROTIK.xmitLimit, MIKROTIK.rateLimit]

/** A session that is named, and what can be done to it. */
interface Found {
  username: string
  ipAddress: string
  kick(): void
  change(request: Packet): void
}

const REMEMBERED_ANSWERS = 1024

/** The router's `/radius/incoming`: Disconnect- and CoA-Requests over UDP (RFC 5176). */
export class CoaListener {
  readonly #hotspot: Hotspot
  readonly #ppp: PppServer
  readonly #settings: RouterSettings
  readonly #faults: Readonly<RouterFaults>
  /** Octets of the answer by sender and request, so that a resent request gets the same one. */
  readonly #answers = new Map<string, Buffer>()
  #socket: Socket | undefined

  constructor(parts: { hotspot: Hotspot; ppp: PppServer; settings: RouterSettings; faults: Readonly<RouterFaults> }) {
    this.#hotspot = parts.hotspot
    this.#ppp = parts.ppp
    this.#settings = parts.settings
    this.#faults = parts.faults
  }

  /** Opens the port (0 = any) in place of the one before; rejects, and keeps that one, when it cannot be had. */
  async listen(host: string, port: number): Promise<void> {
    const socket = await openUdpSocket(host, port, (datagram, from) => this.#receive(datagram, from))
    this.#socket?.close()
    this.#socket = socket
    this.#settings.incoming.port = String(socket.address().port)
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    if (this.#faults.disconnectDeaf || this.#settings.incoming.accept !== 'true') return
    const request = parsePacket(datagram)
    if (request?.code !== CODE.disconnectRequest && request?.code !== CODE.coaRequest) return
    const secrets = this.#settings.radiusClients().map((client) => client.secret ?? '')
    const secret = secrets.find((candidate) => isAuthenticRequest(request, candidate))
    if (secret === undefined) return

    const key = `${from.address} ${from.port} ${request.raw.toString('latin1', 0, 20)}`
    const answer = this.#answers.get(key) ?? this.#carryOut(request, secret)
    this.#remember(key, answer)
    this.#socket?.send(answer, from.port, from.address)
  }

  #carryOut(request: Packet, secret: string): Buffer {
    const isDisconnect = request.code === CODE.disconnectRequest
    const found = this.#find(request)
    const refusal = found.errorCause ?? (isDisconnect ? undefined : unsupported(request))
    const proxyStates = request.attributes.filter(({ type }) => type === ATTRIBUTE.proxyState)
    if (refusal !== undefined || !found.session) {
      const cause: Attribute = integer(ATTRIBUTE.errorCause, refusal ?? ERROR_CAUSE.sessionNotFound)
      return sealAnswer(isDisconnect ? CODE.disconnectNak : CODE.coaNak, request, [cause, ...proxyStates], secret)
    }
    if (isDisconnect) found.session.kick()
    else found.session.change(request)
    return sealAnswer(isDisconnect ? CODE.disconnectAck : CODE.coaAck, request, proxyStates, secret)
  }

  /** The session that all given names, two at least, agree on letter by letter. */
  #find({ attributes }: Packet): { session?: Found; errorCause?: number } {
    const ipAddress = addressOf(attributes, ATTRIBUTE.framedIpAddress)
    const sessionId = textOf(attributes, ATTRIBUTE.acctSessionId)
    const username = textOf(attributes, ATTRIBUTE.userName)
    const names = [ipAddress, sessionId, username].filter((name) => name !== undefined)
    if (names.length < 2) return { errorCause: ERROR_CAUSE.missingAttribute }
    const session = this.#phone(sessionId, ipAddress) ?? this.#line(sessionId, ipAddress)
    const agrees =
      (ipAddress === undefined || session?.ipAddress === ipAddress) &&
      (username === undefined || session?.username === username)
    return session && agrees ? { session } : { errorCause: ERROR_CAUSE.sessionNotFound }
  }

  #phone(sessionId: string | undefined, ipAddress: string | undefined): Found | undefined {
    const host = this.#hotspot.hosts.at(ipAddress ?? '')
    const atAddress = host && this.#hotspot.sessions.ofPhone(host.macAddress)
    const session = sessionId === undefined ? atAddress : this.#hotspot.sessions.withId(sessionId)
    return (
      session && {
        ...session,
        kick: () => this.#hotspot.kick(session, 'disconnect-request'),
        change: (request) => this.#hotspot.change(session, changesOf(request)),
      }
    )
  }

  #line(sessionId: string | undefined, ipAddress: string | undefined): Found | undefined {
    const session = this.#ppp.find({ sessionId, ipAddress })
    return (
      session && {
        ...session,
        kick: () => this.#ppp.kick(session, 'disconnect-request'),
        change: (request) => this.#ppp.change(session, request),
      }
    )
  }

  #remember(key: string, answer: Buffer): void {
    this.#answers.set(key, answer)
    const oldest = this.#answers.keys().next().value
    if (this.#answers.size > REMEMBERED_ANSWERS && oldest !== undefined) this.#answers.delete(oldest)
  }
}

function unsupported(request: Packet): number | undefined {
  const standard = request.attributes.some(({ type }) => !NAMING.includes(type) && !CHANGEABLE.includes(type))
  const vendor = ofVendor(request, MIKROTIK.vendor).some(({ type }) => !CHANGEABLE_MIKROTIK.includes(type))
  return standard || vendor ? ERROR_CAUSE.unsupportedAttribute : undefined
}
