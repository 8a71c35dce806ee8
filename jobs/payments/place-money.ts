import * as z from 'zod'
import { type CustomerRow, customerByPhone, phonesOfCustomers } from '../../src/access/customer-table.ts'
import {
  openSubscriptionsOf,
  type SubscriptionRow,
  subscriptionByAccount,
} from '../../src/access/subscription-table.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { phoneSha256 } from '../../src/billing/phone-number.ts'
import { type ReceiptRow, receiptById } from '../../src/billing/receipt-table.ts'
import { sellForAccount } from '../../src/billing/walk-in.ts'
import { done, effect } from '../../src/flow/job-outcome.ts'
import type { Db } from '../../src/store/database.ts'
import { defineJob } from '../services.ts'

/** Money came that nothing here had asked for: a subscriber who pays by hand is known by the account typed, or by the phone, or its hash. */
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
function accountFor(db: Db, receipt: ReceiptRow): SubscriptionRow | undefined {
  const { billReference, amountCents } = receipt
  const costs = ({ packageId, state }: SubscriptionRow) =>
    state !== 'cancelled' && packageById(db, packageId)?.priceCents === amountCents
  const named = billReference === null ? undefined : subscriptionByAccount(db, billReference)
  if (named) return costs(named) ? named : undefined
  const customer = payerOf(db, receipt)
  const own = customer ? openSubscriptionsOf(db, customer.id).filter(costs) : []
  return own.length === 1 ? own[0] : undefined
}

/** M-PESA may tell only the hash of the number. A site has so few customers that each can be tried. */
function payerOf(db: Db, { payerPhone, payerSha256 }: ReceiptRow): CustomerRow | undefined {
  const byHash = (sha256: Buffer) => phonesOfCustomers(db).find((phone) => phoneSha256(phone).equals(sha256))
  const phone = payerPhone ?? (payerSha256 ? byHash(payerSha256) : undefined)
  return phone === undefined ? undefined : customerByPhone(db, phone)
}
