import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { address, integerOf, text } from './attribute-values.ts'
import { ATTRIBUTE, type CODE } from './attributes.ts'
import { isAuthenticReply, sealRequest } from './authenticity.ts'
import type { Nas } from './nas.ts'
import { type NewAttribute, type Packet, readPacket } from './packet.ts'

/** The session that is meant, named exactly as the router named it in accounting. */
export interface SessionNames {
  nas: Pick<Nas, 'address' | 'coaPort' | 'secret'>
  username: string
  acctSessionId: string
  framedIpAddress: string | undefined
  macAddress: string | undefined
}

export type NotDone =
  | { outcome: 'already-gone' | 'no-answer' }
  | { outcome: 'refused'; errorCause: number | undefined; meaning: string }

export interface Patience {
  /** Once it is aborted the outcome is `no-answer`. */
  signal: AbortSignal
  /** Pauses after each time the request is sent; the last one ends in giving up. */
  waitsMs?: readonly number[]
}

const WAITS_MS = [1_000, 2_000, 3_000]

/** Error-Cause (RFC 5176 section 3.5). */
const ERROR_CAUSES: Record<number, string> = {
  201: 'residual session context removed',
  202: 'invalid EAP packet',
  401: 'unsupported attribute',
  402: 'missing attribute',
  403: 'NAS identification mismatch',
  404: 'invalid request',
  405: 'unsupported service',
  406: 'unsupported extension',
  407: 'invalid attribute value',
  501: 'administratively prohibited',
  502: 'request not routable',
  503: 'session context not found',
  504: 'session context not removable',
  505: 'other proxy processing error',
  506: 'resources unavailable',
  507: 'request initiated',
  508: 'multiple session selection unsupported',
  510: 'missing Message-Authenticator',
}
const [UNSUPPORTED_ATTRIBUTE, SESSION_NOT_FOUND, RESOURCES_UNAVAILABLE] = [401, 503, 506]

/** Asks a router to do something to a session (RFC 5176 section 2); undefined when it did. */
export async function askRouter(
  code: typeof CODE.disconnectRequest | typeof CODE.coaRequest,
  names: SessionNames,
  changes: readonly NewAttribute[],
  { signal, waitsMs = WAITS_MS }: Patience,
): Promise<NotDone | undefined> {
  const attributes = [...namesOf(names), ...changes]
  const ask = (signed: boolean) => exchange(code, names.nas, { attributes, signed }, signal, waitsMs)
  let answer = await ask(true)
  // RouterOS does not say whether it takes a Message-Authenticator here; one that refuses it gets the request without.
  if (answer && answer.code === code + 2 && causeOf(answer) === UNSUPPORTED_ATTRIBUTE) answer = await ask(false)
  if (!answer) return { outcome: 'no-answer' }
  if (answer.code === code + 1) return undefined
  const errorCause = causeOf(answer)
  if (errorCause === SESSION_NOT_FOUND) return { outcome: 'already-gone' }
  if (errorCause === RESOURCES_UNAVAILABLE) return { outcome: 'no-answer' }
  const meaning = errorCause === undefined ? 'no cause given' : (ERROR_CAUSES[errorCause] ?? `cause ${errorCause}`)
  return { outcome: 'refused', errorCause, meaning }
}

const causeOf = (answer: Packet) => integerOf(answer, ATTRIBUTE.errorCause)

/** A socket of its own for each request: a port that nobody can guess, and no ids to share out. The same octets are sent each time. */
async function exchange(
  code: number,
  nas: SessionNames['nas'],
  content: { attributes: readonly NewAttribute[]; signed: boolean },
  signal: AbortSignal,
  waitsMs: readonly number[],
): Promise<Packet | undefined> {
  const request = sealRequest(code, randomInt(256), content, nas.secret)
  if (!request || nas.address === '' || signal.aborted) return undefined

  const socket = createSocket('udp4')
  const { promise, resolve } = Promise.withResolvers<Packet | undefined>()
  const giveUp = () => resolve(undefined)
  signal.addEventListener('abort', giveUp, { once: true })
  // "Port unreachable" may be old news or forged: the next send tells.
  socket.on('error', () => {})
  socket.on('message', (datagram, from) => {
    if (from.address !== nas.address || from.port !== nas.coaPort) return
    const answer = readPacket(datagram)
    if (answer?.code !== code + 1 && answer?.code !== code + 2) return
    if (isAuthenticReply(answer, request, nas.secret)) resolve(answer)
  })

  let timer: NodeJS.Timeout | undefined
  const send = (times: number) => {
    const waitMs = waitsMs[times]
    if (waitMs === undefined) {
      giveUp()
      return
    }
    socket.send(request, nas.coaPort, nas.address, () => {})
    timer = setTimeout(() => send(times + 1), waitMs)
  }
  send(0)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    socket.close()
  }
}

/** RouterOS wants two names at least; the device's address helps only when there is no IP address. */
function namesOf({ username, acctSessionId, framedIpAddress, macAddress }: SessionNames): NewAttribute[] {
  const framed = address(ATTRIBUTE.framedIpAddress, framedIpAddress ?? '')
  return [
    text(ATTRIBUTE.userName, username),
    ...(framed ? [framed] : []),
    text(ATTRIBUTE.acctSessionId, acctSessionId),
    ...(framed || macAddress === undefined ? [] : [text(ATTRIBUTE.callingStationId, macAddress)]),
  ]
}
