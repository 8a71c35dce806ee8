import * as z from 'zod'
import { customerById } from '../access/customer-table.ts'
import { type GrantRow, grantById, grantOf } from '../access/grant-table.ts'
import { provisionalGrantOf } from '../access/provisional-table.ts'
import { renewedBy, subscriptionById } from '../access/subscription-table.ts'
import { packageById } from '../billing/package-table.ts'
import { voucherBoughtWith } from '../billing/payment-purpose.ts'
import type { PaymentRow } from '../billing/payment-table.ts'
import { maskPhoneNumber } from '../billing/phone-number.ts'
import type { Clock } from '../clock.ts'
import type { Db } from '../store/database.ts'
import { type AskedDevice, accessState } from './access-status.ts'
import { failureMessage } from './failure-messages.ts'
import { isoTime, isoTimeField } from './iso-time.ts'

export const accessAnswer = z.object({
  username: z.string(),
  password: z.string(),
  expires_at: isoTimeField,
  online: z.boolean(),
  data_low: z.boolean().optional().meta({ description: 'Little of its data is left.' }),
})

/** A payment as its buyer sees it; shape of `GET /api/payments/{id}`. */
export const paymentAnswer = z.object({
  payment_id: z.string(),
  status: z.string(),
  amount_cents: z.int(),
  currency: z.string(),
  phone_masked: z.string(),
  package: z.object({ id: z.int(), name: z.string() }),
  created_at: isoTimeField,
  failure: z.object({ code: z.string(), message: z.string(), retry_after_s: z.int().nullable() }).nullable(),
  access: accessAnswer.nullable(),
  provisional_until: isoTimeField
    .optional()
    .meta({ description: 'Until then the device is online before the payment is known of.' }),
  voucher: z.object({ code: z.string() }).nullable().meta({ description: 'Bought for somebody else.' }),
})

export type PaymentStatus = z.infer<typeof paymentAnswer>

/** The same for an operator: the customer's credentials are the customer's. */
export const paymentOfDesk = paymentAnswer.omit({ voucher: true }).extend({
  verified_by: z.string().nullable(),
  access: accessAnswer.omit({ password: true }).nullable(),
})

const FAILED_STATES: readonly string[] = ['REJECTED', 'DECLINED', 'EXPIRED', 'CLOSED_UNPAID']

/** What the customer's page shows of a payment. `device`: whose being online is told; left out, any device counts. */
export function paymentStatus(db: Db, clock: Clock, payment: PaymentRow, device?: AskedDevice): PaymentStatus {
  const bought = grantOf(db, 'payment', payment.id)
  const grant = bought ?? renewedGrant(db, payment)
  const code = voucherBoughtWith(db, payment.id)?.code
  const onTrust = grant ? undefined : provisionalGrantOf(db, payment.id, clock.nowMs())
  const failed = FAILED_STATES.includes(payment.state) && payment.failureCode !== null
  return {
    payment_id: payment.id,
    status: payment.state.toLowerCase(),
    amount_cents: payment.amountCents,
    currency: payment.currency,
    phone_masked: maskPhoneNumber(payment.phoneNumber),
    package: { id: payment.packageId, name: packageById(db, payment.packageId)?.name ?? '' },
    created_at: isoTime(payment.createdAtMs),
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
          expires_at: isoTime(grant.expiresAtMs),
          ...accessState(db, grant, bought && device),
        }
      : null,
    ...(onTrust && { provisional_until: isoTime(onTrust.expiresAtMs) }),
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

export function paymentForOperator(db: Db, clock: Clock, payment: PaymentRow): z.infer<typeof paymentOfDesk> {
  const { access, voucher: _code, ...status } = paymentStatus(db, clock, payment)
  return {
    ...status,
    verified_by: payment.verifiedBy,
    access: access && { username: access.username, expires_at: access.expires_at, online: access.online },
  }
}
