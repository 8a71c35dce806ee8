import { randomBytes } from 'node:crypto'
import { isPast } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import {
  type EndReason,
  type GrantAtDoor,
  type GrantRow,
  grantAtDoor,
  grantAtDoorById,
  isHalted,
  runningGrantOfDevice,
} from './grant-table.ts'
import { parseMacAddress } from './mac-address.ts'
import { otherDevices } from './session-table.ts'
import { leftOf } from './time-left.ts'
import { type ToldTerms, toldTerms } from './told-terms.ts'

/** Somebody asks to be let in. */
export interface AccessRequest {
  username: string
  macAddress: string | undefined
  /** Nobody typed this: the router asks about a device that it sees, with the device's address as its name and no password of a person. */
  isArrival: boolean
  /** Compares in constant time, whatever method the request used. */
  matches(password: string): boolean
}

/** A voucher as far as somebody at the door is concerned. */
export interface VoucherAtDoor {
  code: string
  state: 'unused' | 'redeemed' | 'revoked'
  expiresAtMs: number | null
  grantId: string | null
}

export interface AccessBook {
  /** Read-only. */
  db: Db
  /** Vouchers are another room's. */
  findVoucher(typed: string): VoucherAtDoor | undefined
  /** A session of which nothing was heard for so long keeps no other device out. */
  staleAfterMs: number
}

export type RejectReason =
  | EndReason
  | 'wrong-code'
  | 'paused'
  | 'unknown-device'
  | 'too-many-devices'
  /** A free trial stays with the device that asked for it. */
  | 'other-device'
  | 'voucher-expired'
  | 'voucher-revoked'

export type AccessDecision =
  | {
      outcome: 'accept'
      grant: GrantAtDoor
      terms: ToldTerms | undefined
      seconds: number
      bytes: number | null
      classToken: string
    }
  /** A voucher that nobody has used: its time starts with the redemption, and only after that may the answer be yes. */
  | { outcome: 'redeem'; code: string }
  | { outcome: 'reject'; reason: RejectReason }

/** Compared against when there is no such user, so that the answer takes as long. */
const NOBODY = randomBytes(8).toString('hex')

/** Answers from the grant's one row, with what is left of it. Reads only. */
export function authorize(book: AccessBook, request: AccessRequest, nowMs: number): AccessDecision {
  // A subscriber may be called as his box's address is.
  const grant = grantAtDoor(book.db, request.username)
  if (grant && request.matches(grant.password)) return admit(book, grant, request, nowMs)
  if (request.isArrival) return authorizeDevice(book, request, nowMs)
  if (grant) return reject('wrong-code')
  const voucher = book.findVoucher(request.username)
  if (!voucher) {
    request.matches(NOBODY)
    return reject(isNamedAsDevice(request) ? 'unknown-device' : 'wrong-code')
  }
  return authorizeVoucher(book, voucher, request, nowMs)
}

const isNamedAsDevice = ({ username, macAddress }: AccessRequest): boolean =>
  macAddress !== undefined && parseMacAddress(username) === macAddress

/** Nothing was typed, and the router vouches for the device's address: the device itself is the password. */
function authorizeDevice(book: AccessBook, request: AccessRequest, nowMs: number): AccessDecision {
  if (request.macAddress === undefined) return reject('unknown-device')
  const running = runningGrantOfDevice(book.db, request.macAddress, nowMs)
  if (!running) return reject('unknown-device')
  if (isPlaceKept(book, running, request.macAddress, nowMs)) return reject('too-many-devices')
  const grant = grantAtDoorById(book.db, running.id)
  return grant ? admit(book, grant, request, nowMs) : reject('unknown-device')
}

/** The device that was taken off for another one comes by at once, and would be back first, while that one is being let in. */
function isPlaceKept({ db, staleAfterMs }: AccessBook, grant: GrantRow, macAddress: string, nowMs: number): boolean {
  if (grant.macAddress === null || grant.macAddress === macAddress || !hasGivenWay(db, grant.id, macAddress))
    return false
  return otherDevices(db, grant.id, macAddress, nowMs - staleAfterMs).add(grant.macAddress).size >= grant.deviceLimit
}

/** Whether the last session of this device was ended to make room for the device that is being let in now. */
const hasGivenWay = (db: Db, grantId: string, macAddress: string): boolean =>
  sql(
    db,
    `SELECT 1 FROM jobs WHERE unique_key = 'create-hotspot-user:' || :grantId
     AND (SELECT gave_way_at_ms FROM sessions INDEXED BY sessions_by_device
       WHERE mac_address = :macAddress AND grant_id = :grantId ORDER BY id DESC LIMIT 1) IS NOT NULL`,
  ).get({ grantId, macAddress }) !== undefined

/** The code is name and password in one: typed twice, or once. */
function authorizeVoucher(
  book: AccessBook,
  voucher: VoucherAtDoor,
  request: AccessRequest,
  nowMs: number,
): AccessDecision {
  if (![request.username, '', voucher.code].some((password) => request.matches(password))) return reject('wrong-code')
  if (voucher.state === 'revoked') return reject('voucher-revoked')
  if (voucher.state === 'redeemed') {
    const grant = voucher.grantId === null ? undefined : grantAtDoorById(book.db, voucher.grantId)
    return grant ? admit(book, grant, request, nowMs) : reject('time-used')
  }
  if (isPast({ db: book.db, nowMs }, voucher.expiresAtMs)) return reject('voucher-expired')
  return { outcome: 'redeem', code: voucher.code }
}

/** The time of a suspended subscription stands still; its device asks again after so long. */
const WALLED = { seconds: 86_400, bytes: null }

/** A device that is online already may come again: its earlier session's end was lost, or it moved to another access point. */
function admit(
  { db, staleAfterMs }: AccessBook,
  grant: GrantAtDoor,
  request: AccessRequest,
  nowMs: number,
): AccessDecision {
  const { seconds, bytes } = leftOf(db, grant, nowMs)
  const end = grant.endReason ?? (bytes === 0 ? 'data-used' : seconds === 0 ? 'time-used' : undefined)
  const terms = grant.hasTerms === 0 ? undefined : toldTerms(db, grant.id)
  const isWalled = end === 'revoked' && terms?.wall === 'suspended'
  if (end !== undefined && !isWalled) return reject(end)
  if (isHalted(grant) && !isWalled) return reject('paused')
  if (grant.trialMacAddress !== null && grant.trialMacAddress !== request.macAddress) return reject('other-device')
  // As many other devices need as many open sessions.
  const mayBeFull = grant.openSessions >= grant.deviceLimit
  if (mayBeFull && otherDevices(db, grant.id, request.macAddress, nowMs - staleAfterMs).size >= grant.deviceLimit)
    return reject('too-many-devices')
  const left = isWalled ? WALLED : { seconds, bytes }
  const classToken = classTokenOf(grant.id)
  return { outcome: 'accept', grant, terms, seconds: left.seconds, bytes: left.bytes, classToken }
}

const reject = (reason: RejectReason): AccessDecision => ({ outcome: 'reject', reason })

/** One per login, returned by the router in every accounting packet of that session. */
function classTokenOf(grantId: string): string {
  logins += 1
  return `${grantId}.${START}${logins.toString(36)}`
}

/** No other start of the daemon has it. */
const START = randomBytes(5).toString('hex')
let logins = 0

export const grantIdOfClassToken = (classToken: string): string => classToken.split('.')[0] ?? ''
