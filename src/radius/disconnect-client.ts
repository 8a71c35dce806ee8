import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { address, integerOf, text } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import { isAuthenticReply, sealRequest } from './authenticity.ts'
import type { Nas } from './nas.ts'
import { type Attribute, type Packet, readPacket } from './packet.ts'

/** The session to end, named exactly as the router named it in accounting. */
export interface DisconnectOrder {
  nas: Pick<Nas, 'address' | 'coaPort' | 'secret'>
  username: string
  acctSessionId: string
  framedIpAddress: string | undefined
  macAddress: string | undefined
}

export type DisconnectOutcome =
  | { outcome: 'disconnected' | 'already-gone' | 'no-answer' }
  | { outcome: 'refused'; errorCause: number | undefined }

/** Pauses after each time the request is sent; the last one ends in giving up. */
const WAITS_MS = [1_000, 2_000, 3_000]

const ERROR_CAUSE = { unsupportedAttribute: 401, sessionContextNotFound: 503 } as const

/** Asks the router to end a session (RFC 5176 section 2.1). Once `signal` is aborted the outcome is `no-answer`. */
export async function disconnect(
  order: DisconnectOrder,
  { signal, waitsMs = WAITS_MS }: { signal: AbortSignal; waitsMs?: readonly number[] },
): Promise<DisconnectOutcome> {
  const answer = await ask(order, true, signal, waitsMs)
  // RouterOS does not say whether it takes a Message-Authenticator here; one that refuses it gets the request without.
  const isTooMuch = answer?.code === CODE.disconnectNak && causeOf(answer) === ERROR_CAUSE.unsupportedAttribute
  return outcomeOf(isTooMuch ? await ask(order, false, signal, waitsMs) : answer)
}

function outcomeOf(answer: Packet | undefined): DisconnectOutcome {
  if (!answer) return { outcome: 'no-answer' }
  if (answer.code === CODE.disconnectAck) return { outcome: 'disconnected' }
  const errorCause = causeOf(answer)
  if (errorCause === ERROR_CAUSE.sessionContextNotFound) return { outcome: 'already-gone' }
  return { outcome: 'refused', errorCause }
}

const causeOf = (answer: Packet) => integerOf(answer, ATTRIBUTE.errorCause)

/** A socket of its own for each request: a port that nobody can guess, and no ids to share out. */
async function ask(
  { nas, ...names }: DisconnectOrder,
  signed: boolean,
  signal: AbortSignal,
  waitsMs: readonly number[],
): Promise<Packet | undefined> {
  const request = sealRequest(
    CODE.disconnectRequest,
    randomInt(256),
    { attributes: namesOf(names), signed },
    nas.secret,
  )
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
    if (answer?.code !== CODE.disconnectAck && answer?.code !== CODE.disconnectNak) return
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
function namesOf({ username, acctSessionId, framedIpAddress, macAddress }: Omit<DisconnectOrder, 'nas'>): Attribute[] {
  const framed = address(ATTRIBUTE.framedIpAddress, framedIpAddress ?? '')
  return [
    text(ATTRIBUTE.userName, username),
    ...(framed ? [framed] : []),
    text(ATTRIBUTE.acctSessionId, acctSessionId),
    ...(framed || macAddress === undefined ? [] : [text(ATTRIBUTE.callingStationId, macAddress)]),
  ]
}
