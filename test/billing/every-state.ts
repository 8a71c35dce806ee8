import type { PaymentState } from '../../src/billing/payment-states.ts'

/** Every state that a payment can be in. */
export const everyState: readonly PaymentState[] = [
  'CREATED',
  'SUBMITTING',
  'PROMPTED',
  'UNCERTAIN',
  'REJECTED',
  'DECLINED',
  'EXPIRED',
  'REVIEW',
  'PAID',
  'FULFILLED',
  'REFUND_PENDING',
  'REFUND_UNCERTAIN',
  'REFUNDED',
  'CLOSED_UNPAID',
]
