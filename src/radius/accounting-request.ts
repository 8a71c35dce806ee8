import { parseMacAddress } from '../access/mac-address.ts'
import type { Clock } from '../clock.ts'
import type { Answer, Outcome, Request } from './answer.ts'
import { addressOf, GIGAWORD, integerOf, textOf } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import type { Packet } from './packet.ts'

/** One accounting packet, parsed. Byte counts are totals of the session; input is the customer's upload. */
export interface AccountingRecord {
  status: 'start' | 'interim' | 'stop'
  routerId: number
  username: string
  acctSessionId: string
  classToken?: string
  macAddress?: string
  framedIpAddress?: string
  inputBytes: number
  outputBytes: number
  sessionSeconds: number
  /** RFC 2866 section 5.10. */
  terminateCause?: number
  eventAtMs: number
}

/** A router began anew, or is about to: what ran on it before that time is over. */
export interface NasRestart {
  routerId: number
  restartedAtMs: number
}

interface AccountingParts {
  /** Resolves once it is on disk; rejects when it is not, and the router will send it again. */
  account(record: AccountingRecord): Promise<unknown>
  nasRestarted(restart: NasRestart): Promise<unknown>
  clock: Clock
}

const STATUS: Record<number, AccountingRecord['status']> = { 1: 'start', 2: 'stop', 3: 'interim' }
const ACCOUNTING_ON = 7
const ACCOUNTING_OFF = 8
/** Tunnels and failed links (RFC 2867, RFC 2866 section 5.1): not about sessions, but their sender wants an answer. */
const isIgnored = (status: number) => status >= 9 && status <= 15

const RECORDED: Answer = {
  outcome: 'accounted',
  code: CODE.accountingResponse,
  attributes: [],
  signed: false,
}

/** What is answered is on disk (RFC 2866 section 4.1). */
export function answerAccounting({ account, nasRestarted, clock }: AccountingParts) {
  return async ({ nas, packet }: Request): Promise<Answer | Outcome> => {
    const statusType = integerOf(packet, ATTRIBUTE.acctStatusType)
    if (statusType === undefined) return 'malformed'
    if (isIgnored(statusType)) return RECORDED
    if (statusType === ACCOUNTING_ON || statusType === ACCOUNTING_OFF) {
      await nasRestarted({ routerId: nas.routerId, restartedAtMs: eventTimeMs(packet, clock.nowMs()) })
      return RECORDED
    }
    const status = STATUS[statusType]
    const acctSessionId = textOf(packet, ATTRIBUTE.acctSessionId)
    if (!status || acctSessionId === undefined) return 'malformed'
    await account({ status, acctSessionId, ...recordOf(packet, nas.routerId, clock.nowMs()) })
    return RECORDED
  }
}

function recordOf(packet: Packet, routerId: number, nowMs: number): Omit<AccountingRecord, 'status' | 'acctSessionId'> {
  const classToken = textOf(packet, ATTRIBUTE.class)
  const macAddress = parseMacAddress(textOf(packet, ATTRIBUTE.callingStationId) ?? '')
  const framedIpAddress = addressOf(packet, ATTRIBUTE.framedIpAddress)
  const terminateCause = integerOf(packet, ATTRIBUTE.acctTerminateCause)
  return {
    routerId,
    username: textOf(packet, ATTRIBUTE.userName) ?? '',
    ...(classToken !== undefined && { classToken }),
    ...(macAddress !== undefined && { macAddress }),
    ...(framedIpAddress !== undefined && { framedIpAddress }),
    inputBytes: bytesOf(packet, ATTRIBUTE.acctInputOctets, ATTRIBUTE.acctInputGigawords),
    outputBytes: bytesOf(packet, ATTRIBUTE.acctOutputOctets, ATTRIBUTE.acctOutputGigawords),
    sessionSeconds: integerOf(packet, ATTRIBUTE.acctSessionTime) ?? 0,
    ...(terminateCause !== undefined && { terminateCause }),
    eventAtMs: eventTimeMs(packet, nowMs),
  }
}

/** RFC 2869 section 5.1. A gigaword count beyond 2^21 is nonsense that would not fit in a number. */
function bytesOf(packet: Packet, octetsType: number, gigawordsType: number): number {
  const gigawords = Math.min(integerOf(packet, gigawordsType) ?? 0, 2 ** 21 - 1)
  return gigawords * GIGAWORD + (integerOf(packet, octetsType) ?? 0)
}

const OLDEST_EVENT_MS = 7 * 86_400_000
/** Less than a session may be silent at any interim interval: a clock further off would make a live one look dead. */
const CLOCK_DIFFERENCE_MS = 2 * 60_000

/** Now less Acct-Delay-Time; or Event-Timestamp, which is finer, of a router whose clock says about the same. */
function eventTimeMs(packet: Packet, nowMs: number): number {
  const delayMs = (integerOf(packet, ATTRIBUTE.acctDelayTime) ?? 0) * 1000
  const byOurClockMs = nowMs - Math.min(delayMs, OLDEST_EVENT_MS)
  const byItsClockMs = (integerOf(packet, ATTRIBUTE.eventTimestamp) ?? 0) * 1000
  return Math.abs(byItsClockMs - byOurClockMs) <= CLOCK_DIFFERENCE_MS ? Math.min(nowMs, byItsClockMs) : byOurClockMs
}
