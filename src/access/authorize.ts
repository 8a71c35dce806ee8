import { randomBytes } from 'node:crypto'
import type { Db } from '../store/database.ts'
import { type EndReason, type GrantRow, grantByUsername, remainingOf } from './grant-table.ts'

/** Somebody asks to be let in. */
export interface AccessRequest {
  username: string
  /** Compares in constant time, whatever method the request used. */
  matches(password: string): boolean
}

export type AccessDecision =
  | { outcome: 'accept'; grant: GrantRow; seconds: number; bytes: number | null; classToken: string }
  | { outcome: 'reject'; message: string }

const REASONS: Record<EndReason, string> = {
  'time-used': 'Your time is up.',
  'data-used': 'Your data is used up.',
  revoked: 'This access was withdrawn.',
}

/** Compared against when there is no such user, so that the answer takes as long. */
const NOBODY = randomBytes(8).toString('hex')

/** Answers from the grant's one row, with what is left of it. Reads only. */
export function authorize(db: Db, request: AccessRequest, nowMs: number): AccessDecision {
  const grant = grantByUsername(db, request.username)
  if (!request.matches(grant?.password ?? NOBODY) || !grant) {
    return { outcome: 'reject', message: 'Wrong code. Check it and try again.' }
  }
  const { seconds, bytes } = remainingOf(grant, nowMs)
  const end = grant.endReason ?? (bytes === 0 ? 'data-used' : seconds === 0 ? 'time-used' : undefined)
  if (end !== undefined) return { outcome: 'reject', message: REASONS[end] }
  if (grant.pausedAtMs !== null) {
    return { outcome: 'reject', message: 'This access is paused. Continue it on the WiFi page.' }
  }
  return { outcome: 'accept', grant, seconds, bytes, classToken: classTokenOf(grant.id) }
}

/** One per login, returned by the router in every accounting packet of that session. */
const classTokenOf = (grantId: string) => `${grantId}.${randomBytes(6).toString('base64url')}`

export const grantIdOfClassToken = (classToken: string): string => classToken.split('.')[0] ?? ''
