import type { CommandContext } from '../flow/command.ts'
import { type Account, post } from './ledger.ts'
import type { PaymentRow } from './payment-table.ts'
import {
  allocateReceipt,
  correctAmount,
  insertReceipt,
  markDuplicate,
  type NewReceipt,
  type ReceiptRow,
} from './receipt-table.ts'

/**
 * INVARIANTS: the float is every receipt that counts, less what went back; what nobody has been given anything for is
 * unallocated; what was paid and not yet delivered is prepaid.
 */

/** Money has come: somebody's purchase, or nobody's yet. */
export function bookReceipt(context: CommandContext, receipt: Omit<NewReceipt, 'nowMs'>): number {
  const receiptId = insertReceipt(context.db, { ...receipt, nowMs: context.nowMs })
  const to = receipt.paymentId === null ? 'unallocated' : 'prepaid'
  post(context, { key: `receipt:${receiptId}`, from: to, to: 'mpesa_float', amountCents: receipt.amountCents })
  return receiptId
}

/** Money that was nobody's pays a purchase. */
export function bookAllocation(context: CommandContext, { id, amountCents }: ReceiptRow, paymentId: string): void {
  allocateReceipt(context.db, id, paymentId)
  post(context, { key: `allocation:${id}`, from: 'prepaid', to: 'unallocated', amountCents })
}

/** It was counted before, without its number. */
export function bookDuplicate(context: CommandContext, { id, amountCents }: ReceiptRow, first: ReceiptRow): void {
  markDuplicate(context.db, id, first.id)
  post(context, { key: `duplicate:${id}`, from: 'mpesa_float', to: 'unallocated', amountCents })
}

/** M-PESA's query names no amount, so the price was booked; what is told with the number is what has moved. */
export function bookToldAmount(
  context: CommandContext,
  { state }: PaymentRow,
  { id, amountCents: bookedCents }: ReceiptRow,
  toldCents: number,
): void {
  correctAmount(context.db, id, toldCents)
  const from = state === 'FULFILLED' ? 'wifi_sales' : 'prepaid'
  post(context, { key: `told:${id}`, from, to: 'mpesa_float', amountCents: toldCents - bookedCents })
}

/** The customer has what was paid for: now it is a sale. */
export function bookSale(context: CommandContext, payment: PaymentRow, amountCents: number): void {
  post(context, { key: `sale:${payment.id}:${payment.stateSeq}`, from: 'wifi_sales', to: 'prepaid', amountCents })
}

interface BookedRefund {
  id: string
  amountCents: number
}

/** Owed back from now on; `payment` as it was before the refund. */
export function bookRefundFiled(context: CommandContext, { id, amountCents }: BookedRefund, owed: Account): void {
  post(context, { key: `refund:${id}`, from: 'refund_due', to: owed, amountCents })
}

export function bookRefundDone(context: CommandContext, { id, amountCents }: BookedRefund): void {
  post(context, { key: `refund-done:${id}`, from: 'mpesa_float', to: 'refund_due', amountCents })
}

export function bookRefundFailed(context: CommandContext, { id, amountCents }: BookedRefund, owed: Account): void {
  post(context, { key: `refund-failed:${id}`, from: owed, to: 'refund_due', amountCents })
}
