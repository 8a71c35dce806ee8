import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { command } from '../flow/command.ts'
import type { Language } from '../languages.ts'
import { type Db, sql } from '../store/database.ts'
import { isOnSale, packageById } from './package-table.ts'
import { insertPurpose, type PaymentPurpose, purposeOfPayment } from './payment-purpose.ts'
import { type PaymentState, PROMPT_LIFE_MS } from './payment-states.ts'
import { insertPayment, type PaymentRow, paymentByClientKey, pendingPaymentOf } from './payment-table.ts'
import { rememberLanguage } from './phone-language.ts'
import { maskPhoneNumber, phoneSha256 } from './phone-number.ts'
import { giveTrial, hadTrial, trialByClientKey } from './trials.ts'

export interface PaymentRequest {
  phoneNumber: string
  packageId: number
  macAddress: string | null
  /** The network address of who asks. */
  askedFrom?: string
  routerId: number | null
  /** The caller's own key: the same key twice is one payment. */
  clientKey: string | null
  /** Left out, the phone that pays and the package say what is bought. */
  purpose?: PaymentPurpose
  /** In which the buyer reads; SMS follow it. */
  language?: Language
  /** The device has access that runs: nothing is given to it in its place. */
  hasAccess?: boolean
  /** The site's: a package may be on sale at certain hours only. */
  timeZone: string
}

export type PaymentRequestOutcome =
  | {
      outcome: 'requested' | 'already-requested'
      paymentId: string
      token: string
      state: PaymentState
      /** Nobody but its buyer has the key. Else it was only described, which anybody can: the door looks who asks. */
      byKey: boolean
    }
  /** The phone has an open prompt for another purchase or device. */
  | { outcome: 'phone-busy' }
  | { outcome: 'unknown-package' }
  | { outcome: 'unknown-router' }
  /** The account that it is for does not exist any more, or has packages of another type. */
  | { outcome: 'unknown-account' | 'wrong-package' }
  | { outcome: 'key-reused' }
  /** It costs nothing, and this phone or this device has had it. */
  | { outcome: 'trial-used' }
  /** It costs nothing, and would take the place of access that runs. */
  | { outcome: 'trial-while-online' }
  /** It costs nothing: it is given to the device that asks, and to no account and nobody else. */
  | { outcome: 'trial-needs-device' }

/** The token that shows a payment to the one who asked for it. */
export const paymentTokenText = (paymentId: string) => `payment:${paymentId}`

/** Writes the intent before anybody calls M-PESA; a double tap, a reload or a retry of the request is one payment. */
export const requestPayment = command('payments.request', (context, request: PaymentRequest): PaymentRequestOutcome => {
  const { db, journal, nowMs, siteToken } = context
  const known = (
    outcome: 'requested' | 'already-requested',
    { id, state }: Pick<PaymentRow, 'id' | 'state'>,
    byKey = false,
  ) => ({ outcome, paymentId: id, token: siteToken(paymentTokenText(id)), state, byKey }) as const

  const earlier = earlierOf(db, request.clientKey)
  if (earlier) {
    return isSamePurchase(db, earlier, request) && earlier.routerId === request.routerId
      ? known('already-requested', earlier, true)
      : { outcome: 'key-reused' }
  }

  const bought = packageById(db, request.packageId)
  const isSold = bought !== undefined && isOnSale(bought, { atMs: nowMs, timeZone: request.timeZone })
  if (isSold && bought.priceCents === 0) {
    const { macAddress } = request
    if (!isRouter(db, request.routerId)) return { outcome: 'unknown-router' }
    if (macAddress === null || request.purpose) return { outcome: 'trial-needs-device' }
    const { phoneNumber, routerId, clientKey } = request
    const asked = { phoneNumber, macAddress, routerId, clientKey }
    if (hadTrial(db, bought.id, asked)) return { outcome: 'trial-used' }
    if (request.hasAccess) return { outcome: 'trial-while-online' }
    return known('requested', { id: giveTrial(context, bought, asked), state: 'PAID' })
  }

  const pending = pendingPaymentOf(db, request.phoneNumber, nowMs - PROMPT_LIFE_MS)
  if (pending) {
    return isSamePurchase(db, pending, request) ? known('already-requested', pending) : { outcome: 'phone-busy' }
  }

  if (!isSold) return { outcome: 'unknown-package' }
  if (!isRouter(db, request.routerId)) return { outcome: 'unknown-router' }
  if (request.purpose && 'accountNumber' in request.purpose) {
    const account = accountOf(db, request.purpose.accountNumber)
    if (!account) return { outcome: 'unknown-account' }
    const isOwn = account.phoneNumber === request.phoneNumber
    if (!(isOwn ? account.type === bought.type : account.packageId === bought.id)) return { outcome: 'wrong-package' }
  }

  const id = randomUUIDv7()
  const { priceCents: amountCents, currency } = bought
  const { purpose, timeZone: _where, hasAccess: _runs, language, ...asked } = request
  if (language) rememberLanguage(db, request.phoneNumber, language)
  insertPayment(db, { ...asked, id, amountCents, currency, phoneSha256: phoneSha256(request.phoneNumber), nowMs })
  if (purpose) insertPurpose(db, id, purpose)
  journal.record('payment.requested', {
    paymentId: id,
    packageId: bought.id,
    routerId: request.routerId,
    phoneMasked: maskPhoneNumber(request.phoneNumber),
    amountCents,
    currency,
    requestedAtMs: nowMs,
  })
  return known('requested', { id, state: 'CREATED' })
})

function earlierOf(db: Db, clientKey: string | null): PaymentRow | undefined {
  if (clientKey === null) return undefined
  return paymentByClientKey(db, clientKey) ?? trialByClientKey(db, clientKey)
}

const isRouter = (db: Db, routerId: number | null) =>
  routerId === null || sql(db, 'SELECT 1 FROM routers WHERE id = ?').get(routerId) !== undefined

/**
 * An account that can be paid for. Anybody may pay the next period of its package, which only gives its customer time; with
 * another package its customer alone goes on, for by that the account is known from then on.
 */
function accountOf(db: Db, accountNumber: string) {
  return sql(
    db,
    `SELECT type, package_id AS packageId, phone_number AS phoneNumber
     FROM subscriptions JOIN packages ON packages.id = package_id JOIN customers ON customers.id = customer_id
     WHERE account_number = ? AND subscriptions.state <> 'cancelled'`,
  ).get(accountNumber) as { type: string; packageId: number; phoneNumber: string } | undefined
}

function isSamePurchase(db: Db, payment: PaymentRow, request: PaymentRequest): boolean {
  return (
    payment.phoneNumber === request.phoneNumber &&
    payment.packageId === request.packageId &&
    payment.macAddress === request.macAddress &&
    isDeepStrictEqual(purposeOfPayment(db, payment.id), request.purpose)
  )
}
