import { type Db, sql } from '../store/database.ts'
import { type AttemptRow, attemptByAccountRef, latestAttempt } from './attempt-table.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'
import { phoneSha256 } from './phone-number.ts'
import { NUMBERLESS, type Payer } from './receipt-table.ts'
import { isRefused } from './undecided-payment.ts'

/** What a message says about money that may be for a purchase. */
interface MoneyClue {
  amountCents: number
  billReference: string | null
  payer: Payer
  /** When it was paid, or when we heard of it. */
  atMs: number
}

/** Money of a known payer belongs to a purchase that was asked for within this time before it. */
export const ASKED_BEFORE_MS = 15 * 60_000
/** The box's clock and M-PESA's need not agree. */
export const ASKED_AFTER_MS = 5 * 60_000

export interface MoneyMatch {
  payment: PaymentRow
  attempt: AttemptRow | undefined
}

/**
 * The purchase that this money is for. The reference of a push names it; without one the payer's number, plain or hashed, with
 * the exact amount does, when only one purchase fits. A masked number is too little to open anything: it only tells the
 * number of a receipt that M-PESA's query had left without one.
 */
export function matchMoney(db: Db, clue: MoneyClue): MoneyMatch | undefined {
  const attempt = clue.billReference === null ? undefined : attemptByAccountRef(db, clue.billReference)
  const named = attempt && paymentById(db, attempt.paymentId)
  if (named) return { payment: named, attempt }
  // Who typed an account means that account, whatever else this phone once asked for.
  if (clue.billReference !== null && isAccount(db, clue.billReference)) return undefined

  const sha256 = clue.payer.phone === null ? clue.payer.sha256 : phoneSha256(clue.payer.phone).toString('hex')
  const fits =
    sha256 !== null ? paymentsOfPhone(db, clue, Buffer.from(sha256, 'hex')) : numberlessPayments(db, clue, clue.payer)
  const only = onlyOf(db, fits)
  return only && { payment: only, attempt: latestAttempt(db, only.id) }
}

interface Fit {
  id: string
  /** It is paid, and its number is missing. */
  isNumberless: 0 | 1
}

/** What only lacks its number goes before what M-PESA has refused: whoever was refused has tried again, and paid. */
function onlyOf(db: Db, fits: Fit[]): PaymentRow | undefined {
  const [first, ...others] = fits.toSorted((one, other) => other.isNumberless - one.isNumberless)
  const payments = others.flatMap(({ id }) => paymentById(db, id) ?? [])
  const isOnly = first?.isNumberless === 1 ? payments.every((payment) => isRefused(db, payment)) : others.length === 0
  return first && isOnly ? paymentById(db, first.id) : undefined
}

const isAccount = (db: Db, reference: string): boolean =>
  sql(db, 'SELECT 1 FROM subscriptions WHERE account_number = ?').get(reference) !== undefined

const WITHOUT_NUMBER = `EXISTS (SELECT 1 FROM receipts WHERE payment_id = payments.id AND ${NUMBERLESS})`
const ABOUT_THEN = `amount_cents = :amountCents AND created_at_ms BETWEEN :fromMs AND :untilMs`

function paymentsOfPhone(db: Db, clue: MoneyClue, sha256: Buffer): Fit[] {
  return sql(
    db,
    `SELECT id, ${WITHOUT_NUMBER} AS isNumberless FROM payments
     WHERE phone_sha256 = :sha256 AND ${ABOUT_THEN} AND (isNumberless
       OR state IN ('SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'REJECTED', 'DECLINED', 'EXPIRED', 'REVIEW', 'CLOSED_UNPAID'))`,
  ).all({ sha256, ...windowOf(clue) }) as Fit[]
}

function numberlessPayments(db: Db, clue: MoneyClue, { masked }: Payer): Fit[] {
  const [, start, end] = /^(\d{3,})\D+(\d{2,})$/.exec((masked ?? '').replace(/\s/g, '')) ?? []
  if (start === undefined || end === undefined) return []
  return sql(
    db,
    `SELECT id, 1 AS isNumberless FROM payments
     WHERE ${ABOUT_THEN} AND phone_number GLOB :shape AND ${WITHOUT_NUMBER} LIMIT 2`,
  ).all({ shape: `${start}*${end}`, ...windowOf(clue) }) as Fit[]
}

const windowOf = ({ amountCents, atMs }: MoneyClue) => ({
  amountCents,
  fromMs: atMs - ASKED_BEFORE_MS,
  untilMs: atMs + ASKED_AFTER_MS,
})
