import * as z from 'zod'
import { customerByPhone } from '../../src/access/customer-table.ts'
import {
  openSubscriptionsOf,
  type SubscriptionRow,
  subscriptionByAccount,
} from '../../src/access/subscription-table.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { type ReceiptRow, receiptById } from '../../src/billing/receipt-table.ts'
import { sellForAccount } from '../../src/billing/walk-in.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import type { Db } from '../../src/store/database.ts'
import { defineJob } from '../services.ts'

/** Money came that nothing here had asked for: a subscriber who pays by hand is known by the account typed, or by the phone. */
export const placeMoney = defineJob({
  payload: z.strictObject({ receiptId: z.int() }),
  local: true,
  attempts: 3,
  timeoutMs: 30_000,
  uniqueBy: ({ receiptId }) => String(receiptId),
  async run({ receiptId }, { db }) {
    const receipt = receiptById(db, receiptId)
    const subscription = receipt && accountFor(db, receipt)
    if (!subscription) return done()
    const { accountNumber, packageId } = subscription
    return done(effect(sellForAccount, { receiptId, packageId, accountNumber }))
  },
})

/** Only money that is exactly a period's price renews by itself; any other amount waits for a person. */
function accountFor(db: Db, { billReference, payerPhone, amountCents }: ReceiptRow): SubscriptionRow | undefined {
  const costs = ({ packageId, state }: SubscriptionRow) =>
    state !== 'cancelled' && packageById(db, packageId)?.priceCents === amountCents
  const named = billReference === null ? undefined : subscriptionByAccount(db, billReference)
  if (named) return costs(named) ? named : undefined
  const customer = payerPhone === null ? undefined : customerByPhone(db, payerPhone)
  const own = customer ? openSubscriptionsOf(db, customer.id).filter(costs) : []
  return own.length === 1 ? own[0] : undefined
}
