import { randomUUIDv7 } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import type { Db } from '../store/database.ts'
import { latestAttempt } from './attempt-table.ts'
import { credit } from './credit.ts'
import { deliverPayment, deliveryOnTheSpot } from './deliver.ts'
import { movePayment } from './move-payment.ts'
import { type PackageRow, packageById, packagesOnSale } from './package-table.ts'
import { insertPurpose } from './payment-purpose.ts'
import { isPaid } from './payment-states.ts'
import { insertPayment, type PaymentRow, paymentById } from './payment-table.ts'
import { phoneSha256 } from './phone-number.ts'
import {
  hasNumber,
  type ReceiptRow,
  receiptById,
  receiptByNumber,
  receiptOfPayment,
  UNKNOWN_PAYER,
} from './receipt-table.ts'
import { liveRefundOf } from './refund-table.ts'
import { likelyPurchases, looseMoneyLike, mayBeCounted } from './same-money.ts'
import { isRefused } from './undecided-payment.ts'

export type ClaimOutcome =
  /** It has paid for this purchase, now or before. */
  | { outcome: 'paid'; paymentId: string }
  | { outcome: 'unknown' }
  /** The money is here, and fits nothing on sale, or it may be counted already: a person decides. */
  | { outcome: 'no-package' }

interface Claim {
  receipt: string
  macAddress: string | null
  /** The network address of who names the device. */
  askedFrom?: string
  /** The site's. */
  timeZone: string
}

/**
 * "I have already paid": the receipt's number opens what its money buys. The money of a prompt of its payer is that purchase's;
 * money that came without one buys the package of exactly its amount.
 */
export const claimReceipt = command(
  'payments.claim',
  (context, { receipt, macAddress, askedFrom, timeZone }: Claim): ClaimOutcome => {
    const { db } = context
    const found = receiptByNumber(db, receipt)
    const counted = found?.duplicateOf === null || !found ? found : receiptById(db, found.duplicateOf)
    if (!counted) return { outcome: 'unknown' }
    if (counted.paymentId !== null) {
      giveOnTheSpot(context, counted.paymentId)
      return { outcome: 'paid', paymentId: counted.paymentId }
    }
    if (!isFree(db, counted)) return { outcome: 'no-package' }
    const likely = likelyPurchases(db, counted.id, macAddress)
    const own = likely.find(({ isPayer }) => isPayer === 1)
    if (own) {
      payWith(context, counted, paymentById(db, own.paymentId) as PaymentRow, { by: 'the payer' })
      return { outcome: 'paid', paymentId: own.paymentId }
    }
    if (likely.some(({ isNumberless }) => isNumberless === 1)) return { outcome: 'no-package' }
    // What was on sale when the money came: who pays in its last minute claims it later.
    const atMs = counted.paidAtMs ?? counted.arrivedAtMs
    const bought = packagesOnSale(db, { atMs, timeZone }).find(
      ({ priceCents, type }) => priceCents === counted.amountCents && type === 'hotspot',
    )
    if (!bought) return { outcome: 'no-package' }
    return { outcome: 'paid', paymentId: sell(context, counted, bought, { macAddress, askedFrom, by: 'the payer' }) }
  },
)

export type AssignOutcome =
  | { outcome: 'assigned'; paymentId: string }
  | {
      outcome:
        | 'unknown-receipt'
        | 'unknown-package'
        | 'unknown-payment'
        | 'already-used'
        | 'not-whole-shillings'
        | 'other-amount'
    }

export interface Assignment {
  receipt: string
  /** Sells this package for the money, whatever it costs ... */
  packageId: number | null
  /** ... or pays this purchase with it. */
  paymentId: string | null
  phoneNumber: string | null
  macAddress: string | null
  by: string
  reason: string
}

/** An operator says whose money it is. */
export const assignReceipt = command('payments.assign', (context, asked: Assignment): AssignOutcome => {
  const { db } = context
  const receipt = receiptByNumber(db, asked.receipt)
  if (!receipt) return { outcome: 'unknown-receipt' }
  if (!isFree(db, receipt)) return { outcome: 'already-used' }
  if (asked.paymentId !== null) {
    const payment = paymentById(db, asked.paymentId)
    if (!payment || payment.state === 'CREATED') return { outcome: 'unknown-payment' }
    const paidBy = receiptOfPayment(db, payment.id)
    // Of a purchase that is paid its number may be missing, and nothing else.
    if (isPaid(payment.state) && (!paidBy || hasNumber(db, paidBy))) return { outcome: 'unknown-payment' }
    // Also of what is paid: a receipt that was picked by mistake is never let go.
    if (payment.amountCents !== receipt.amountCents) return { outcome: 'other-amount' }
    payWith(context, receipt, payment, asked)
    return { outcome: 'assigned', paymentId: payment.id }
  }
  const bought = packageById(db, asked.packageId ?? 0)
  if (!bought) return { outcome: 'unknown-package' }
  if (mayBeCounted(db, receipt.id)) return { outcome: 'already-used' }
  if (receipt.amountCents % 100 !== 0) return { outcome: 'not-whole-shillings' }
  return { outcome: 'assigned', paymentId: sell(context, receipt, bought, asked) }
})

/** Money that came by hand for somebody's subscription: it buys the package of that account, if it is still nobody's. */
export const sellForAccount = command(
  'payments.sell-for-account',
  (context, asked: { receiptId: number; packageId: number; accountNumber: string }) => {
    const { db } = context
    const receipt = receiptById(db, asked.receiptId)
    const bought = packageById(db, asked.packageId)
    if (!receipt || !bought || !isFree(db, receipt) || receipt.amountCents !== bought.priceCents) return
    // It may be the money of a prompt of this phone: M-PESA will say whether it is.
    if (likelyPurchases(db, receipt.id).some((likely) => mayBePaidSo(db, likely))) return
    const { accountNumber } = asked
    sell(context, receipt, bought, { macAddress: null, by: 'the payer', accountNumber })
  },
)

/** Not what M-PESA has refused for good. */
function mayBePaidSo(db: Db, { isNumberless, paymentId }: { isNumberless: 0 | 1; paymentId: string }): boolean {
  const payment = paymentById(db, paymentId)
  if (isNumberless === 1 || !payment) return isNumberless === 1
  return !isRefused(db, payment)
}

/** What became of this purchase is known: money that may have been its own, and waits for that, is looked at again. */
export const placeLooseMoney = command(
  'payments.place-loose-money',
  ({ db, queue }, { paymentId }: { paymentId: string }) => {
    for (const receiptId of looseMoneyLike(db, paymentId))
      queue.enqueue({ name: 'place-money', payload: { receiptId } })
  },
)

/** Nobody has been given anything for it, and no open purchase waits for it. */
function isFree(db: Db, { id, paymentId, aboutPaymentId, duplicateOf }: ReceiptRow): boolean {
  if (paymentId !== null || duplicateOf !== null || liveRefundOf(db, id)) return false
  const about = aboutPaymentId === null ? undefined : paymentById(db, aboutPaymentId)
  return about === undefined || isPaid(about.state)
}

interface Buyer {
  /** Of the subscription that it renews. */
  accountNumber?: string
  phoneNumber?: string | null
  macAddress: string | null
  askedFrom?: string | undefined
  by: string
  reason?: string
}

/** A purchase that begins with its money: no phone was prompted, and it was never open. Returns the payment's id. */
function sell(context: CommandContext, receipt: ReceiptRow, bought: PackageRow, buyer: Buyer): string {
  const { db, nowMs } = context
  const id = randomUUIDv7()
  const phoneNumber = buyer.phoneNumber ?? receipt.payerPhone
  insertPayment(db, {
    ...{ id, clientKey: null, packageId: bought.id, routerId: null, phoneNumber, macAddress: buyer.macAddress, nowMs },
    ...{ amountCents: receipt.amountCents, currency: bought.currency },
    phoneSha256: phoneNumber === null ? null : phoneSha256(phoneNumber),
    askedFrom: buyer.askedFrom,
  })
  if (buyer.accountNumber !== undefined) insertPurpose(db, id, { accountNumber: buyer.accountNumber })
  const payment = () => paymentById(db, id) as PaymentRow
  movePayment(context, payment(), 'CUSTOMER_ABANDON', { detail: 'paid without a prompt', by: buyer.by })
  payWith(context, receipt, payment(), buyer)
  return id
}

/**
 * Pays the purchase, or tells the number of what has paid it. A hotspot's access stands in the same commit: whoever shows a
 * receipt waits for it.
 */
function payWith(
  context: CommandContext,
  receipt: ReceiptRow,
  payment: PaymentRow,
  { by, reason }: Pick<Buyer, 'by' | 'reason'>,
): void {
  const { channel, amountCents, billReference, paidAtMs } = receipt
  const checkoutRequestId = receiptOfPayment(context.db, payment.id)?.checkoutRequestId ?? receipt.checkoutRequestId
  const money = { channel, receipt: receipt.receipt, checkoutRequestId, amountCents, billReference, paidAtMs }
  credit(
    context,
    payment,
    latestAttempt(context.db, payment.id),
    { ...money, payer: UNKNOWN_PAYER },
    {
      by,
      ...(reason !== undefined && { detail: `${receipt.receipt}: ${reason}` }),
    },
  )
  giveOnTheSpot(context, payment.id)
}

/** What renews a subscription, or opens one, is decided by the job that every payment has. */
function giveOnTheSpot(context: CommandContext, paymentId: string): void {
  const as = deliveryOnTheSpot(context.db, paymentById(context.db, paymentId) as PaymentRow)
  if (as) deliverPayment.run(context, { paymentId, as })
}

export const walkInCommands = [claimReceipt, assignReceipt, sellForAccount, placeLooseMoney]
