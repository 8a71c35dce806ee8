import { command } from '../flow/command.ts'
import { type OnceResult, recordOnce, startOnce } from './message-once.ts'

const keyOf = (paymentId: string) => `voucher:${paymentId}`

/** The code of a voucher that somebody bought for this phone. */
export const startVoucherMessage = command(
  'messages.start-voucher',
  (context, { paymentId, phoneNumber }: { paymentId: string; phoneNumber: string }): 'send' | 'settled' =>
    startOnce(context, { key: keyOf(paymentId), grantId: null, phoneNumber }) ? 'send' : 'settled',
)

export const recordVoucherMessage = command(
  'messages.record-voucher',
  (context, { paymentId, result }: { paymentId: string; result: OnceResult }) => {
    recordOnce(context, keyOf(paymentId), result)
  },
)
