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

/** Only the newest counts: who has bought since then knows what became of the one before. */
const newestOf = (column: 'phone_number' | 'mac_address') => (db: Db, value: string) => {
  const newest = sql(db, `SELECT id FROM payments WHERE ${column} = ? ORDER BY created_at_ms DESC LIMIT 1`).pluck()
  const payment = paymentById(db, (newest.get(value) as string | undefined) ?? '')
  return payment && isUndecided(db, payment) ? payment : undefined
}

export const undecidedOfPhone = newestOf('phone_number')
export const undecidedOfDevice = newestOf('mac_address')
