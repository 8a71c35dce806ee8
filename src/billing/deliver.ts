import { randomUUIDv7 } from 'node:crypto'
import { MlangoError } from '../errors.ts'
import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { movePayment } from './move-payment.ts'
import { packageById } from './package-table.ts'
import { orderTerms } from './package-terms.ts'
import { makeVoucherOf, purposeOfPayment, voucherBoughtWith } from './payment-purpose.ts'
import { isPaid } from './payment-states.ts'
import { askedFromOfPayment, type PaymentRow, paymentById } from './payment-table.ts'
import { bookSale } from './receipt-books.ts'
import { receiptOfPayment } from './receipt-table.ts'

/** What a payment turns into. */
export type Delivery =
  | { kind: 'hotspot' }
  /** `newForPhone`: it is opened by this payment, for that phone. */
  | { kind: 'subscription'; subscriptionId: string; newForPhone: string | null }
  /** Somebody else will use it, whenever they like. */
  | { kind: 'voucher'; phoneNumber: string }

/** What a payment gives at once. Undefined when it may be for a subscription: whose, the subscribers' room knows. */
export function deliveryOnTheSpot(db: Db, { id, packageId, phoneNumber }: PaymentRow): Delivery | undefined {
  const purpose = purposeOfPayment(db, id)
  if (purpose && 'voucherPhoneNumber' in purpose) return { kind: 'voucher', phoneNumber: purpose.voucherPhoneNumber }
  if (purpose || packageById(db, packageId)?.type !== 'hotspot') return undefined
  const subscribed = sql(
    db,
    `SELECT 1 FROM subscriptions JOIN customers ON customers.id = customer_id
     WHERE phone_number = ? AND package_id = ? AND state <> 'cancelled'`,
  ).get(phoneNumber, packageId)
  return subscribed ? undefined : { kind: 'hotspot' }
}

/**
 * Says what was bought, so that it can be given. Safe to run twice: what was given is delivered.
 * A package that was taken off sale meanwhile is still delivered: it was paid for.
 */
export const deliverPayment = command(
  'payments.deliver',
  (context, { paymentId, as = { kind: 'hotspot' } }: { paymentId: string; as?: Delivery }) => {
    const { db, journal, nowMs } = context
    const payment = paymentById(db, paymentId)
    const bought = payment && packageById(db, payment.packageId)
    if (!payment || !bought) throw new MlangoError('payment-unknown', `There is no payment ${paymentId}`)
    if (payment.state !== 'PAID') return
    if (wasGiven(db, payment.id)) return
    const { pausable, pausesOffline, ...beyond } = orderTerms(db, bought.id)
    const terms = {
      ...beyond,
      packageId: bought.id,
      packageName: bought.name,
      durationSeconds: bought.durationSeconds,
      dataLimitBytes: bought.dataLimitBytes,
      downKbps: bought.downKbps,
      upKbps: bought.upKbps,
      deviceLimit: bought.deviceLimit,
      routerId: payment.routerId,
    }
    switch (as.kind) {
      case 'hotspot':
        journal.record('hotspot_user.provision_requested', {
          source: 'payment',
          sourceId: payment.id,
          grantId: randomUUIDv7(),
          ...terms,
          validSeconds: bought.validSeconds,
          pausable,
          pausesOffline,
          phoneNumber: payment.phoneNumber,
          macAddress: payment.macAddress,
          askedFrom: askedFromOfPayment(db, payment.id, nowMs),
        })
        return
      case 'subscription':
        journal.record('subscription.reconnection_requested', {
          paymentId,
          subscriptionId: as.subscriptionId,
          newForPhone: as.newForPhone,
          ...terms,
          graceDays: bought.graceDays,
        })
        return
      case 'voucher':
        makeVoucherOf(context, payment)
    }
  },
)

/** How what was bought has reached its customer, as it stands in the payment's history. */
const REACHED = {
  online: 'the customer is online',
  'code-sent': 'the code is on its way to the phone',
  'access-changed': 'the customer has access',
  renewed: 'the subscription is paid on',
  'voucher-made': 'the voucher is there for its buyer',
  stands: 'what it gave stands again',
  'stays-revoked': 'what it gave stays revoked: the staff did that by hand',
}

/** The customer is online or holds the credentials: the payment has had its effect. */
export const notePaymentDelivered = command(
  'payments.note-delivered',
  (context, { paymentId, by }: { paymentId: string; by: keyof typeof REACHED }) => {
    const payment = paymentById(context.db, paymentId)
    if (!payment || !isPaid(payment.state)) return
    // Its history tells later, too, that the customer came online and got the code; but not each change of what was given.
    if (payment.state !== 'PAID' && by !== 'online' && by !== 'code-sent') return
    movePayment(context, payment, 'PROVISIONED', { detail: REACHED[by] })
    const receipt = receiptOfPayment(context.db, payment.id)
    if (payment.state === 'PAID' && receipt) bookSale(context, payment, receipt.amountCents)
  },
)

/** Its money stays after all. What it gave before its refund stands again; what it had not given yet is delivered as ever. */
export const notePaymentStands = command('payments.note-stands', (context, { paymentId }: { paymentId: string }) => {
  if (!wasGiven(context.db, paymentId)) return
  notePaymentDelivered.run(context, { paymentId, by: isRevoked(context.db, paymentId) ? 'stays-revoked' : 'stands' })
})

function isRevoked(db: Db, paymentId: string): boolean {
  if (voucherBoughtWith(db, paymentId)?.revokedByHand === 1) return true
  const grants = `SELECT grant_id FROM grant_parts WHERE source = 'payment' AND source_id = :paymentId
    UNION ALL SELECT grant_id FROM subscription_history JOIN subscriptions ON subscriptions.id = subscription_id WHERE payment_id = :paymentId`
  return (
    sql(db, `SELECT 1 FROM grants WHERE id IN (${grants}) AND revoked_by_hand = 1`).get({ paymentId }) !== undefined
  )
}

function wasGiven(db: Db, paymentId: string): boolean {
  if (voucherBoughtWith(db, paymentId)) return true
  const given = `SELECT 1 FROM grant_parts WHERE source = 'payment' AND source_id = :paymentId
    UNION ALL SELECT 1 FROM subscription_history WHERE payment_id = :paymentId`
  return sql(db, given).get({ paymentId }) !== undefined
}

export const deliverCommands = [deliverPayment, notePaymentDelivered, notePaymentStands]
