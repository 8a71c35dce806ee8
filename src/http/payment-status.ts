import { customerById } from '../access/customer-table.ts'
import { type GrantRow, grantById, grantOf } from '../access/grant-table.ts'
import { renewedBy, subscriptionById } from '../access/subscription-table.ts'
import { packageById } from '../billing/package-table.ts'
import { voucherCodeOf } from '../billing/payment-purpose.ts'
import type { PaymentRow } from '../billing/payment-table.ts'
import { maskPhoneNumber } from '../billing/phone-number.ts'
import type { Clock } from '../clock.ts'
import type { Db } from '../store/database.ts'
import { isOnline } from './access-status.ts'
import { failureMessage } from './failure-messages.ts'

/** A payment as its buyer sees it; shape of `GET /api/payments/{id}`. */
export interface PaymentStatus {
  payment_id: string
  status: string
  amount_cents: number
  currency: string
  phone_masked: string
  package: { id: number; name: string }
  created_at: string
  failure: { code: string; message: string; retry_after_s: number | null } | null
  access: { username: string; password: string; expires_at: string; online: boolean } | null
  /** Bought for somebody else. */
  voucher: { code: string } | null
}

const FAILED_STATES: readonly string[] = ['REJECTED', 'DECLINED', 'EXPIRED', 'CLOSED_UNPAID']

export function paymentStatus(db: Db, clock: Clock, payment: PaymentRow): PaymentStatus {
  const grant = grantOf(db, 'payment', payment.id) ?? renewedGrant(db, payment)
  const code = voucherCodeOf(db, payment.id)
  const failed = FAILED_STATES.includes(payment.state) && payment.failureCode !== null
  return {
    payment_id: payment.id,
    status: payment.state.toLowerCase(),
    amount_cents: payment.amountCents,
    currency: payment.currency,
    phone_masked: maskPhoneNumber(payment.phoneNumber),
    package: { id: payment.packageId, name: packageById(db, payment.packageId)?.name ?? '' },
    created_at: new Date(payment.createdAtMs).toISOString(),
    failure: failed
      ? {
          code: payment.failureCode ?? '',
          message: failureMessage(payment.failureCode ?? ''),
          retry_after_s:
            payment.retryAtMs === null ? null : Math.max(0, Math.ceil((payment.retryAtMs - clock.nowMs()) / 1000)),
        }
      : null,
    access: grant
      ? {
          username: grant.username,
          password: grant.password,
          expires_at: new Date(grant.expiresAtMs).toISOString(),
          online: isOnline(db, grant),
        }
      : null,
    voucher: code === undefined ? null : { code },
  }
}

/** The credentials of a subscription are its customer's: who pays for somebody else does not see them. */
function renewedGrant(db: Db, payment: PaymentRow): GrantRow | undefined {
  const subscriptionId = renewedBy(db, payment.id)
  const subscription = subscriptionId === undefined ? undefined : subscriptionById(db, subscriptionId)
  if (!subscription || customerById(db, subscription.customerId)?.phoneNumber !== payment.phoneNumber) return undefined
  return grantById(db, subscription.grantId)
}

/** The same for an operator: the customer's credentials are the customer's. */
export function paymentForOperator(db: Db, clock: Clock, payment: PaymentRow) {
  const { access, voucher: _code, ...status } = paymentStatus(db, clock, payment)
  return {
    ...status,
    verified_by: payment.verifiedBy,
    access: access && { username: access.username, expires_at: access.expires_at, online: access.online },
  }
}
