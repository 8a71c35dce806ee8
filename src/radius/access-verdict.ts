import { type AccessBook, type AccessDecision, authorize } from '../access/authorize.ts'
import type { AccountingInput } from '../access/sessions.ts'
import type { Clock } from '../clock.ts'
import type { AccountingRecord } from './accounting-request.ts'
import type { Login, Verdict } from './login.ts'
import { rateLimitText } from './rate-limit-text.ts'

interface LoginParts {
  book: AccessBook
  clock: Clock
  /** Resolves once the voucher's time has begun, on disk, or when it cannot begin. */
  redeem(voucher: { code: string; macAddress: string | null }): Promise<unknown>
}

/** Asks the access room, and says its answer in RADIUS. Only a voucher's first use waits for the disk. */
export function answerLogins({ book, clock, redeem }: LoginParts) {
  return (login: Login): Verdict | Promise<Verdict> => {
    const decision = authorize(book, login, clock.nowMs())
    if (decision.outcome !== 'redeem') return verdictOf(decision)
    if (login.isTest) return { outcome: 'reject', refusal: 'only-a-test' }
    return redeemed(decision.code, login)
  }

  /** Another device may have been faster: whatever came of it, the answer is what is true now. */
  async function redeemed(code: string, login: Login): Promise<Verdict> {
    await redeem({ code, macAddress: login.macAddress ?? null })
    const decision = authorize(book, login, clock.nowMs())
    return decision.outcome === 'redeem' ? { outcome: 'reject', refusal: 'wrong-code' } : verdictOf(decision)
  }
}

function verdictOf(decision: Exclude<AccessDecision, { outcome: 'redeem' }>): Verdict {
  if (decision.outcome === 'reject') return { outcome: 'reject', refusal: decision.reason }
  const { grant, terms, seconds, bytes, classToken } = decision
  return {
    outcome: 'accept',
    sessionTimeoutSeconds: seconds,
    classToken,
    portLimit: grant.deviceLimit,
    totalLimitBytes: bytes ?? undefined,
    rateLimit: terms?.isSpeedOfProfile ? undefined : rateLimitText(grant, terms),
    idleTimeoutSeconds: terms?.idleTimeoutSeconds ?? undefined,
    framedIpAddress: terms?.framedIpAddress ?? undefined,
    framedPool: terms?.framedPool ?? undefined,
    routerGroup: terms?.routerGroup ?? undefined,
    addressList: terms?.addressList ?? undefined,
  }
}

/** An accounting packet as the access room takes it. `inputIs`: what this site's routers count as input; RFC 2866 means the upload. */
export function accountingInput(
  record: AccountingRecord,
  { findVoucher }: Pick<AccessBook, 'findVoucher'>,
  inputIs: 'upload' | 'download' = 'upload',
): AccountingInput {
  const [upload, download] =
    inputIs === 'upload' ? [record.inputBytes, record.outputBytes] : [record.outputBytes, record.inputBytes]
  return {
    status: record.status,
    routerId: record.routerId,
    username: record.username,
    acctSessionId: record.acctSessionId,
    classToken: record.classToken ?? null,
    voucherGrantId: record.classToken === undefined ? (findVoucher(record.username)?.grantId ?? undefined) : undefined,
    macAddress: record.macAddress ?? null,
    framedIpAddress: record.framedIpAddress ?? null,
    inputBytes: upload,
    outputBytes: download,
    sessionSeconds: record.sessionSeconds,
    terminateCause: record.terminateCause ?? null,
    eventAtMs: record.eventAtMs,
  }
}
