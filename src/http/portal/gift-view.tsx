import { GiftPage } from '../../../portal/customer/gift.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { money } from '../../../portal/money.ts'
import { packageById } from '../../billing/package-table.ts'
import { purposeOfPayment, voucherBoughtWith } from '../../billing/payment-purpose.ts'
import type { PaymentRow } from '../../billing/payment-table.ts'
import { maskPhoneNumber } from '../../billing/phone-number.ts'
import { receiptOfPayment } from '../../billing/receipt-table.ts'
import type { House } from '../house.ts'

/** The voucher that a payment bought for somebody else; undefined when it was for something else, or is not there yet. */
export function giftView({ db, config }: House, site: SitePage, payment: PaymentRow) {
  const voucher = voucherBoughtWith(db, payment.id)
  const purpose = purposeOfPayment(db, payment.id)
  if (!voucher || !purpose || !('voucherPhoneNumber' in purpose)) return undefined
  return (
    <GiftPage
      {...site}
      packageName={packageById(db, payment.packageId)?.name ?? ''}
      price={money(payment.amountCents, payment.currency)}
      receipt={receiptOfPayment(db, payment.id)?.receipt ?? undefined}
      code={voucher.code}
      state={voucher.state}
      smsTo={config.sms.provider === 'none' ? undefined : maskPhoneNumber(purpose.voucherPhoneNumber)}
    />
  )
}
