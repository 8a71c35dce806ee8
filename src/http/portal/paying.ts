import type { Paying } from '../../../portal/customer/pay-form.tsx'
import { packageById } from '../../billing/package-table.ts'
import { type PaymentRow, recentPayments } from '../../billing/payment-table.ts'
import { wasRefusedLate } from '../../billing/undecided-payment.ts'
import type { House } from '../house.ts'

/** So many in a row are no accident; after a while somebody may try again. */
const FAILURES = 2
const LOOKED_AT = 10
const PAUSE_MS = 90_000

type Asked = Pick<House, 'db' | 'clock' | 'config' | 'mpesaReach'>

/** Whether it makes sense to ask anybody for money now: whether M-PESA can be reached, and what came of the last requests. */
export function payingNow({ db, clock, config, mpesaReach }: Asked): Paying {
  if (config.mpesa.consumer_key === undefined) return 'off'
  const reach = mpesaReach?.now() ?? 'open'
  if (reach !== 'open') return reach === 'no-internet' ? 'offline' : 'down'
  const answered = recentPayments(db, { limit: LOOKED_AT }).filter(
    ({ state }) => state !== 'CREATED' && state !== 'SUBMITTING',
  )
  const failed = answered.slice(0, FAILURES).filter((payment) => isUnanswered(db, payment))
  const latestMs = failed[0]?.updatedAtMs ?? 0
  return failed.length === FAILURES && latestMs > clock.nowMs() - PAUSE_MS ? 'down' : 'open'
}

/** Nothing could be sent, or nobody said what became of it. */
function isUnanswered(db: House['db'], payment: PaymentRow): boolean {
  const { state, failureCode } = payment
  if (state === 'EXPIRED') return !wasRefusedLate(db, payment)
  return state === 'UNCERTAIN' || failureCode === 'mpesa-down'
}

/** Whether a tap on this package would ask for money in vain, from a page that was made before. */
export function wouldAskInVain(house: Asked, packageId: number): boolean {
  const paying = payingNow(house)
  return (paying === 'down' || paying === 'offline') && packageById(house.db, packageId)?.priceCents !== 0
}
