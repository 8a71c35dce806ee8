import { type AccessDecision, authorize } from '../access/authorize.ts'
import type { GrantRow } from '../access/grant-table.ts'
import type { AccountingInput } from '../access/sessions.ts'
import type { Clock } from '../clock.ts'
import type { Db } from '../store/database.ts'
import type { AccountingRecord } from './accounting-request.ts'
import type { Login, Verdict } from './login.ts'

/** Asks the access room, and says its answer in RADIUS. */
export const answerLogins =
  (db: Db, clock: Clock) =>
  (login: Login): Verdict =>
    verdictOf(authorize(db, login, clock.nowMs()))

function verdictOf(decision: AccessDecision): Verdict {
  if (decision.outcome === 'reject') return decision
  const { grant, seconds, bytes, classToken } = decision
  const rateLimit = rateLimitOf(grant)
  return {
    outcome: 'accept',
    sessionTimeoutSeconds: seconds,
    classToken,
    portLimit: grant.deviceLimit,
    ...(bytes !== null && { totalLimitBytes: bytes }),
    ...(rateLimit !== undefined && { rateLimit }),
  }
}

/** Mikrotik-Rate-Limit is the router's view: rx = the customer's upload, first. 0 = no limit in that direction. */
function rateLimitOf({ upKbps, downKbps }: GrantRow): string | undefined {
  return upKbps === null && downKbps === null ? undefined : `${upKbps ?? 0}k/${downKbps ?? 0}k`
}

/** An accounting packet as the access room takes it. */
export function accountingInput(record: AccountingRecord): AccountingInput {
  return {
    status: record.status,
    routerId: record.routerId,
    username: record.username,
    acctSessionId: record.acctSessionId,
    classToken: record.classToken ?? null,
    macAddress: record.macAddress ?? null,
    framedIpAddress: record.framedIpAddress ?? null,
    inputBytes: record.inputBytes,
    outputBytes: record.outputBytes,
    sessionSeconds: record.sessionSeconds,
    terminateCause: record.terminateCause ?? null,
    eventAtMs: record.eventAtMs,
  }
}
