import { type PaymentRow, recentPayments } from '../../billing/payment-table.ts'
import type { House } from '../house.ts'

/** `down`: M-PESA does not answer, or there is no way to it. `off`: this site sells by voucher only. */
export type Paying = 'open' | 'down' | 'off'

/** So many in a row are no accident; after a while somebody may try again. */
const FAILURES = 2
const LOOKED_AT = 10
const PAUSE_MS = 90_000

/** Nothing could be sent, or nobody said that it came. */
const isUnanswered = ({ state, failureCode }: PaymentRow) => state === 'UNCERTAIN' || failureCode === 'mpesa-down'

/** Whether it makes sense to ask anybody for money now, by what came of the last requests. */
export function payingNow({ db, clock, config }: Pick<House, 'db' | 'clock' | 'config'>): Paying {
  if (config.mpesa.consumer_key === undefined) return 'off'
  const answered = recentPayments(db, LOOKED_AT).filter(({ state }) => state !== 'CREATED' && state !== 'SUBMITTING')
  const failed = answered.slice(0, FAILURES).filter(isUnanswered)
  const latestMs = failed[0]?.updatedAtMs ?? 0
  return failed.length === FAILURES && latestMs > clock.nowMs() - PAUSE_MS ? 'down' : 'open'
}
