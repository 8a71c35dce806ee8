import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import type { PaymentRow } from './payment-table.ts'
import { type VoucherRow, vouchersOfBatch } from './voucher-table.ts'
import { createVouchers, withdrawVoucher } from './vouchers.ts'

/** What the payer said that the money is for. */
export type PaymentPurpose =
  /** Somebody's subscription, by its account number. */
  | { accountNumber: string }
  /** A voucher whose code goes to that phone. */
  | { voucherPhoneNumber: string }

export function insertPurpose(db: Db, paymentId: string, purpose: PaymentPurpose): void {
  const row = { accountNumber: null, voucherPhoneNumber: null, ...purpose, paymentId }
  sql(
    db,
    'INSERT INTO payment_purposes (payment_id, account_number, voucher_phone_number) VALUES (:paymentId, :accountNumber, :voucherPhoneNumber)',
  ).run(row)
}

export function purposeOfPayment(db: Db, paymentId: string): PaymentPurpose | undefined {
  const row = sql(
    db,
    'SELECT account_number AS accountNumber, voucher_phone_number AS voucherPhoneNumber FROM payment_purposes WHERE payment_id = ?',
  ).get(paymentId) as { accountNumber: string | null; voucherPhoneNumber: string | null } | undefined
  if (!row) return undefined
  const { accountNumber, voucherPhoneNumber } = row
  return accountNumber === null ? { voucherPhoneNumber: voucherPhoneNumber ?? '' } : { accountNumber }
}

/** A batch of one, bought by this payment. */
export function makeVoucherOf(context: CommandContext, payment: PaymentRow): void {
  if (voucherBoughtWith(context.db, payment.id)) return
  const made = createVouchers.run(context, {
    ...{ packageId: payment.packageId, count: 1, prefix: '', expiresAtMs: null },
    note: `bought with payment ${payment.id}`,
  })
  if (made.outcome !== 'created') return
  sql(context.db, 'UPDATE payment_purposes SET voucher_batch_id = ? WHERE payment_id = ?').run(made.batchId, payment.id)
  context.journal.record('voucher.bought', { paymentId: payment.id, batchId: made.batchId })
}

/** The voucher that a payment bought. */
export function voucherBoughtWith(db: Db, paymentId: string): VoucherRow | undefined {
  const batchId = sql(db, 'SELECT voucher_batch_id FROM payment_purposes WHERE payment_id = ?').pluck().get(paymentId)
  return typeof batchId === 'string' ? vouchersOfBatch(db, batchId)[0] : undefined
}

/** Its payment is being given back: the code opens nothing any more, and what it has opened ends. */
export function withdrawVoucherOf(context: CommandContext, paymentId: string): void {
  const voucher = voucherBoughtWith(context.db, paymentId)
  if (voucher) withdrawVoucher(context, voucher)
}

/**
 * It is not given back after all. Returns under which id the voucher may have opened access; null when none was bought, or the staff revoked it,
 * which stays so.
 */
export function restoreVoucherOf({ db }: CommandContext, paymentId: string): string | null {
  const voucher = voucherBoughtWith(db, paymentId)
  if (!voucher || voucher.revokedByHand === 1) return null
  if (voucher.state === 'revoked') sql(db, "UPDATE vouchers SET state = 'unused' WHERE id = ?").run(voucher.id)
  return String(voucher.id)
}
