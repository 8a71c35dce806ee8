import * as z from 'zod'
import { recordVoucherMessage, startVoucherMessage } from '../../src/access/voucher-messages.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { purposeOfPayment, voucherBoughtWith } from '../../src/billing/payment-purpose.ts'
import { paymentById } from '../../src/billing/payment-table.ts'
import { discard, done, effect, unasked } from '../../src/flow/job-outcome.ts'
import { voucherText } from '../../src/sms/voucher-text.ts'
import { sendOnce } from '../send-once.ts'
import { defineJob } from '../services.ts'
import { writingFor } from '../writing.ts'

/** Sends the code of a voucher to the phone that it was bought for. The buyer has it on the screen. */
export const sendVoucherSms = defineJob({
  payload: z.strictObject({ paymentId: z.uuid() }),
  attempts: 3,
  target: () => 'sms',
  // A gateway that is silent must leave a worker to those who pay.
  alone: 'sms',
  timeoutMs: 30_000,
  backoffMs: [5_000, 30_000, 60_000],
  uniqueBy: ({ paymentId }) => paymentId,
  async run({ paymentId }, services) {
    const { db, store, sms } = services
    const purpose = purposeOfPayment(db, paymentId)
    const isRevoked = () => voucherBoughtWith(db, paymentId)?.state === 'revoked'
    const code = voucherBoughtWith(db, paymentId)?.code
    const payment = paymentById(db, paymentId)
    const sold = payment && packageById(db, payment.packageId)
    if (code === undefined || !sold || !purpose || !('voucherPhoneNumber' in purpose)) {
      return discard(`payment ${paymentId} bought no voucher`)
    }
    if (!sms || isRevoked()) return unasked(done())
    const phoneNumber = purpose.voucherPhoneNumber
    if ((await store.run(startVoucherMessage, { paymentId, phoneNumber })) === 'settled') return unasked(done())
    // A refund may have come meanwhile: its code opens nothing, so nobody is told.
    if (isRevoked()) return unasked(done(effect(recordVoucherMessage, { paymentId, result: { outcome: 'unsent' } })))
    const text = voucherText(writingFor(services, phoneNumber), { code, packageName: sold.name })
    return sendOnce(services, sms, { phoneNumber, text }, recordVoucherMessage, (result) => ({ paymentId, result }))
  },
})
