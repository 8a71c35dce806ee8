import * as z from 'zod'
import { recordNotice, startNotice } from '../../src/access/notice-messages.ts'
import { noticeById } from '../../src/access/notice-table.ts'
import { accessEndMs } from '../../src/access/subscription-right.ts'
import { subscriptionById } from '../../src/access/subscription-table.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { maskPhoneNumber } from '../../src/billing/phone-number.ts'
import { discard, done, unasked } from '../../src/flow/job-outcome.ts'
import { noticeText } from '../../src/sms/notice-text.ts'
import { sendOnce } from '../send-once.ts'
import { defineJob } from '../services.ts'
import { writingFor } from '../writing.ts'

/** Sends one reminder or warning. Whatever becomes of the gateway's answer, it is not sent a second time. */
export const sendSubscriptionNotice = defineJob({
  payload: z.strictObject({ noticeId: z.int() }),
  attempts: 3,
  target: () => 'sms',
  // A gateway that is silent must leave a worker to the others.
  alone: 'sms',
  timeoutMs: 30_000,
  backoffMs: [5_000, 30_000, 60_000],
  uniqueBy: ({ noticeId }) => String(noticeId),
  async run({ noticeId }, services) {
    const { db, store, sms } = services
    const notice = noticeById(db, noticeId)
    const subscription = notice && subscriptionById(db, notice.subscriptionId)
    const sold = subscription && packageById(db, subscription.packageId)
    if (!sold) return discard(`there is no notice ${noticeId}`)
    if (!sms) return unasked(done())
    const start = await store.run(startNotice, { noticeId })
    if (start.outcome !== 'send') return unasked(done())

    const text = noticeText(writingFor(services, start.phoneNumber), {
      kind: notice.kind,
      endsAtMs: notice.kind === 'due' ? notice.paidUntilMs : accessEndMs(subscription),
      priceCents: sold.priceCents,
      currency: sold.currency,
      accountNumber: subscription.accountNumber,
    })
    const phoneMasked = maskPhoneNumber(start.phoneNumber)
    const message = { phoneNumber: start.phoneNumber, text }
    return sendOnce(services, sms, message, recordNotice, (result) => ({ noticeId, result, phoneMasked }))
  },
})
