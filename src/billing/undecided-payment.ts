import { type Db, sql } from '../store/database.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'

/** Whether money may still come, or is here and waits for a person: its customer must not be asked a second time unawares. */
function isUndecided(db: Db, payment: PaymentRow): boolean {
  const { state } = payment
  if (state === 'CREATED' || state === 'SUBMITTING' || state === 'PROMPTED') return true
  if (state === 'UNCERTAIN' || state === 'REVIEW') return true
  return state === 'EXPIRED' && !wasRefusedLate(db, payment)
}

/** A definite no that came when nobody waited for it any more moves nothing, but it is one. */
export function wasRefusedLate(db: Db, { id, state }: PaymentRow): boolean {
  const refusal = sql(db, "SELECT 1 FROM payment_history WHERE payment_id = ? AND event = 'FAILURE'")
  return state === 'EXPIRED' && refusal.get(id) !== undefined
}

/** M-PESA has said no for good, or nobody has paid in days. */
export function isRefused(db: Db, payment: PaymentRow): boolean {
  const { state } = payment
  return state === 'REJECTED' || state === 'DECLINED' || state === 'CLOSED_UNPAID' || wasRefusedLate(db, payment)
}

/** Closed by a person, who has decided that nobody paid. */
export function wasRejectedByHand(db: Db, { id, state }: PaymentRow): boolean {
  const verdict = sql(db, "SELECT 1 FROM payment_history WHERE payment_id = ? AND event = 'OPERATOR_REJECT'")
  return state === 'CLOSED_UNPAID' && verdict.get(id) !== undefined
}

/** Money that came after its customer had been told that nobody knows. */
export function wasPaidLate(db: Db, { id }: PaymentRow): boolean {
  const late = "SELECT 1 FROM payment_history WHERE payment_id = ? AND from_state = 'EXPIRED' AND to_state = 'PAID'"
  return sql(db, late).get(id) !== undefined
}

const newestOf =
  (column: 'phone_number' | 'mac_address') =>
  (db: Db, value: string): PaymentRow | undefined => {
    const newest = sql(db, `SELECT id FROM payments WHERE ${column} = ? ORDER BY created_at_ms DESC LIMIT 1`).pluck()
    return paymentById(db, (newest.get(value) as string | undefined) ?? '')
  }

export const newestOfPhone = newestOf('phone_number')
export const newestOfDevice = newestOf('mac_address')

/** Only the newest counts: who has bought since then knows what became of the one before. */
export function undecidedOfPhone(db: Db, phoneNumber: string): PaymentRow | undefined {
  const newest = newestOfPhone(db, phoneNumber)
  return newest && isUndecided(db, newest) ? newest : undefined
}

export function undecidedOfDevice(db: Db, macAddress: string): PaymentRow | undefined {
  const newest = newestOfDevice(db, macAddress)
  return newest && isUndecided(db, newest) ? newest : undefined
}
