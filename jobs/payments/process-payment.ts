import { randomUUIDv7 } from 'node:crypto'
import * as z from 'zod'
import { customerByPhone } from '../../src/access/customer-table.ts'
import {
  openSubscriptionsOf,
  type SubscriptionRow,
  subscriptionByAccount,
} from '../../src/access/subscription-table.ts'
import { type Delivery, deliverPayment, deliveryOnTheSpot } from '../../src/billing/deliver.ts'
import { type PackageRow, packageById } from '../../src/billing/package-table.ts'
import { purposeOfPayment } from '../../src/billing/payment-purpose.ts'
import { type PaymentRow, paymentById } from '../../src/billing/payment-table.ts'
import { discard, done, effect } from '../../src/flow/job-outcome.ts'
import type { Db } from '../../src/store/database.ts'
import { defineJob } from '../services.ts'

/** Decides what a payment bought, and asks for it. */
export const processPayment = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  local: true,
  attempts: 3,
  timeoutMs: 60_000,
  backoffMs: [1_000, 10_000, 60_000],
  uniqueBy: ({ paymentId }) => paymentId,
  async run({ paymentId }, { db }) {
    const payment = paymentById(db, paymentId)
    const bought = payment && packageById(db, payment.packageId)
    if (!bought) return discard(`there is no payment ${paymentId}`)
    return done(effect(deliverPayment, { paymentId, as: deliveryOf(db, payment, bought) }))
  },
})

/** What the payer said; else what the phone that paid has here; else access on the spot. */
function deliveryOf(db: Db, payment: PaymentRow, bought: PackageRow): Delivery {
  const onTheSpot = deliveryOnTheSpot(db, payment)
  if (onTheSpot) return onTheSpot
  const purpose = purposeOfPayment(db, payment.id)
  const fits = ({ packageId }: SubscriptionRow) => packageById(db, packageId)?.type === bought.type
  const named = purpose && 'accountNumber' in purpose && subscriptionByAccount(db, purpose.accountNumber)
  if (named && named.state !== 'cancelled' && fits(named)) return renewalOf(named)

  const customer = payment.phoneNumber === null ? undefined : customerByPhone(db, payment.phoneNumber)
  const own = customer ? openSubscriptionsOf(db, customer.id).sort(byNeed) : []
  const samePackage = own.find(({ packageId }) => packageId === bought.id)
  if (samePackage) return renewalOf(samePackage)
  // Nobody is known whose subscription it could be: the code that is opened lets its holder in over PPPoE, too.
  if (bought.type === 'hotspot' || payment.phoneNumber === null) return { kind: 'hotspot' }
  const sameKind = own.find(fits)
  if (sameKind) return renewalOf(sameKind)
  return { kind: 'subscription', subscriptionId: randomUUIDv7(), newForPhone: payment.phoneNumber }
}

const renewalOf = ({ id }: SubscriptionRow): Delivery => ({
  kind: 'subscription',
  subscriptionId: id,
  newForPhone: null,
})

/** Of several, the one whose time is over, or ends, first. */
const byNeed = (a: SubscriptionRow, b: SubscriptionRow) => (a.paidUntilMs ?? 0) - (b.paidUntilMs ?? 0)
