import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import { type Grant, grantOf, type Session } from '../hotspot/session.ts'
import type { Row } from '../menus/menu.ts'
import { parseDurationMs } from '../ros-duration.ts'
import { HOTSPOT_INTERFACE, HOTSPOT_SERVER, type RouterSettings } from '../router-settings.ts'
import { ATTRIBUTE, CODE, MIKROTIK, WISPR } from './attributes.ts'
import { chapPassword, hidePassword, isAuthenticReply, sealAccessRequest, sealAccounting } from './authenticity.ts'
import type { RadiusExchange } from './exchange.ts'
import { type Attribute, address, integer, text, textOf, vendorSpecific } from './packet.ts'

/** Who is at which port of the hotspot, or dials in: the part that every request about a session carries. */
export type Caller = Pick<Session, 'sessionId' | 'username' | 'macAddress' | 'ipAddress' | 'port'> & {
  readonly service?: 'ppp'
}

/** A session as far as it is reported. */
export type Reported = Caller & Pick<Session, 'startedAtMs' | 'grant' | 'inputBytes' | 'outputBytes'>

export type Verdict =
  | { verdict: 'accept'; grant: Grant }
  | { verdict: 'reject'; message: string | undefined }
  | { verdict: 'no-answer' }

const STATUS = { start: 1, stop: 2, interim: 3 } as const
const NAS_PORT_TYPE_WIRELESS = 19
const NAS_PORT_TYPE_ETHERNET = 15
const SERVICE_TYPE_LOGIN = 1
const SERVICE_TYPE_FRAMED = 2
const FRAMED_PROTOCOL_PPP = 1
const STOP_PAUSE_MS = 1000
const GIGAWORD = 2 ** 32

/** The router as a RADIUS client: asks who may in, and reports what they used. */
export class RadiusNas {
  readonly #exchange: RadiusExchange
  readonly #settings: RouterSettings
  readonly #clock: Clock
  readonly #nasIpAddress: string
  readonly #stopping = new AbortController()

  constructor(parts: { exchange: RadiusExchange; settings: RouterSettings; clock: Clock; nasIpAddress: string }) {
    this.#exchange = parts.exchange
    this.#settings = parts.settings
    this.#clock = parts.clock
    this.#nasIpAddress = parts.nasIpAddress
  }

  /** Unreported ends of sessions are forgotten, as in a power cut. */
  stop(): void {
    this.#stopping.abort()
  }

  async authenticate(caller: Caller, password: string, method: 'pap' | 'chap'): Promise<Verdict> {
    const server = this.#settings.radiusClient(caller.service)
    if (!server?.address) return { verdict: 'no-answer' }
    const secret = server.secret ?? ''
    const signed = this.#signs(server)
    const authenticator = randomBytes(16)
    const attributes = [...this.#describe(caller), ...passwordAttributes(password, method, authenticator, secret)]
    const reply = await this.#exchange.ask({
      host: server.address,
      port: Number(server['authentication-port']),
      timeoutMs: timeoutOf(server),
      request: (id) => sealAccessRequest({ code: CODE.accessRequest, id, authenticator, attributes }, secret, signed),
      isAuthentic: (answer, request) =>
        (answer.code === CODE.accessAccept || answer.code === CODE.accessReject) &&
        isAuthenticReply(answer, request, secret, signed),
    })
    if (!reply) return { verdict: 'no-answer' }
    if (reply.code === CODE.accessAccept) {
      this.#exchange.counters.accepts += 1
      return { verdict: 'accept', grant: grantOf(reply) }
    }
    this.#exchange.counters.rejects += 1
    return { verdict: 'reject', message: textOf(reply.attributes, ATTRIBUTE.replyMessage) }
  }

  async reportStart(session: Reported): Promise<void> {
    await this.#report(session, STATUS.start, 0, [])
  }

  /** Whether the server answered. */
  reportInterim(session: Reported): Promise<boolean> {
    return this.#report(session, STATUS.interim, 0, usage(session, this.#clock.nowMs()))
  }

  /** Told until the server answers, each time with the delay since then (RFC 2866 section 5.2). */
  async reportStop(session: Reported, terminateCause: number): Promise<void> {
    const endedAtMs = this.#clock.nowMs()
    const attributes = [...usage(session, endedAtMs), integer(ATTRIBUTE.acctTerminateCause, terminateCause)]
    const { signal } = this.#stopping
    while (!signal.aborted && this.#accounts(session)) {
      const delaySeconds = Math.max(0, Math.floor((this.#clock.nowMs() - endedAtMs) / 1000))
      if (await this.#report(session, STATUS.stop, delaySeconds, attributes)) return
      // An abort is the router being switched off: the loop's condition ends it.
      await pause(STOP_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async #report(session: Reported, status: number, delaySeconds: number, more: Attribute[]): Promise<boolean> {
    const server = this.#settings.radiusClient(session.service)
    if (!server?.address || !this.#accounts(session)) return false
    const secret = server.secret ?? ''
    const attributes = [
      integer(ATTRIBUTE.acctStatusType, status),
      ...this.#describe(session),
      ...(session.grant.classes ?? []).map((value) => ({ type: ATTRIBUTE.class, value })),
      integer(ATTRIBUTE.acctDelayTime, delaySeconds),
      ...more,
    ]
    const reply = await this.#exchange.ask({
      host: server.address,
      port: Number(server['accounting-port']),
      timeoutMs: timeoutOf(server),
      request: (id) => sealAccounting(CODE.accountingRequest, id, attributes, secret),
      isAuthentic: (answer, request) =>
        answer.code === CODE.accountingResponse && isAuthenticReply(answer, request, secret, false),
    })
    return reply !== undefined
  }

  #accounts({ service }: Caller): boolean {
    const accounting = service ? this.#settings.pppAaa.accounting : this.#settings.serverProfile()['radius-accounting']
    return this.#settings.radiusClient(service) !== undefined && accounting === 'true'
  }

  /** Before 7.15 the router neither signs its requests nor wants the replies signed. */
  #signs(server: Row): boolean {
    return this.#settings.version.atLeast(7, 15) && server['require-message-auth'] !== 'no'
  }

  #describe(caller: Caller): Attribute[] {
    return caller.service === 'ppp' ? this.#describeLine(caller) : this.#describePhone(caller)
  }

  #describeLine(caller: Caller): Attribute[] {
    return [
      integer(ATTRIBUTE.serviceType, SERVICE_TYPE_FRAMED),
      integer(ATTRIBUTE.framedProtocol, FRAMED_PROTOCOL_PPP),
      integer(ATTRIBUTE.nasPort, caller.port),
      integer(ATTRIBUTE.nasPortType, NAS_PORT_TYPE_ETHERNET),
      text(ATTRIBUTE.userName, caller.username),
      text(ATTRIBUTE.callingStationId, caller.macAddress),
      text(ATTRIBUTE.calledStationId, 'pppoe'),
      text(ATTRIBUTE.nasPortId, HOTSPOT_INTERFACE),
      text(ATTRIBUTE.acctSessionId, caller.sessionId),
      ...(caller.ipAddress === '' ? [] : [address(ATTRIBUTE.framedIpAddress, caller.ipAddress)]),
      text(ATTRIBUTE.nasIdentifier, this.#settings.identity.name ?? ''),
      address(ATTRIBUTE.nasIpAddress, this.#nasIpAddress),
    ]
  }

  #describePhone(caller: Caller): Attribute[] {
    const gateway = this.#settings.serverProfile()['hotspot-address'] ?? this.#nasIpAddress
    return [
      integer(ATTRIBUTE.nasPortType, NAS_PORT_TYPE_WIRELESS),
      text(ATTRIBUTE.callingStationId, caller.macAddress),
      text(ATTRIBUTE.calledStationId, HOTSPOT_SERVER),
      text(ATTRIBUTE.nasPortId, HOTSPOT_INTERFACE),
      text(ATTRIBUTE.userName, caller.username),
      integer(ATTRIBUTE.nasPort, caller.port),
      text(ATTRIBUTE.acctSessionId, caller.sessionId),
      address(ATTRIBUTE.framedIpAddress, caller.ipAddress),
      vendorSpecific(MIKROTIK.vendor, address(MIKROTIK.hostIp, caller.ipAddress)),
      integer(ATTRIBUTE.serviceType, SERVICE_TYPE_LOGIN),
      vendorSpecific(WISPR.vendor, text(WISPR.logoffUrl, `http://${gateway}/logout`)),
      text(ATTRIBUTE.nasIdentifier, this.#settings.identity.name ?? ''),
      address(ATTRIBUTE.nasIpAddress, this.#nasIpAddress),
    ]
  }
}

function passwordAttributes(
  password: string,
  method: 'pap' | 'chap',
  authenticator: Buffer,
  secret: string,
): Attribute[] {
  if (method === 'pap') {
    return [{ type: ATTRIBUTE.userPassword, value: hidePassword(password, authenticator, secret) }]
  }
  const challenge = randomBytes(16)
  return [
    { type: ATTRIBUTE.chapChallenge, value: challenge },
    { type: ATTRIBUTE.chapPassword, value: chapPassword(randomInt(256), password, challenge) },
  ]
}

function timeoutOf(server: Row): number {
  return parseDurationMs(server.timeout ?? '300ms') ?? 300
}

/** Totals of the session; input is what the router received, the phone's upload (RFC 2866 section 5.3). */
function usage(session: Reported, nowMs: number): Attribute[] {
  const { inputBytes, outputBytes, startedAtMs } = session
  return [
    integer(ATTRIBUTE.acctSessionTime, Math.max(0, Math.floor((nowMs - startedAtMs) / 1000))),
    integer(ATTRIBUTE.acctInputOctets, inputBytes % GIGAWORD),
    integer(ATTRIBUTE.acctInputGigawords, Math.floor(inputBytes / GIGAWORD)),
    integer(ATTRIBUTE.acctOutputOctets, outputBytes % GIGAWORD),
    integer(ATTRIBUTE.acctOutputGigawords, Math.floor(outputBytes / GIGAWORD)),
    integer(ATTRIBUTE.acctInputPackets, packetsOf(inputBytes)),
    integer(ATTRIBUTE.acctOutputPackets, packetsOf(outputBytes)),
  ]
}

function packetsOf(bytes: number): number {
  return Math.ceil(bytes / 1500) % GIGAWORD
}
