import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { VouchersPage } from '../../../portal/console/vouchers.tsx'
import { packageById } from '../../billing/package-table.ts'
import { type VoucherBatchRow, vouchersOfBatch } from '../../billing/voucher-table.ts'
import { isPast } from '../../flow/time-trust.ts'
import type { House } from '../house.ts'

/** A batch of vouchers as a page to print. Codes are money: only for those who may sell them. */
export function voucherSheet({ db, config, portalUrl }: House, page: ConsolePage, batch: VoucherBatchRow) {
  const sold = packageById(db, batch.packageId)
  if (!sold) throw new Error(`Batch ${batch.id} is of a package that is not there`)
  const vouchers = vouchersOfBatch(db, batch.id).map(({ code, state, expiresAtMs }) => {
    const expired = state === 'unused' && isPast({ db, nowMs: page.nowMs }, expiresAtMs)
    return { code, state: expired ? ('expired' as const) : state === 'redeemed' ? ('used' as const) : state }
  })
  return (
    <VouchersPage
      {...page}
      batchId={batch.id}
      packageName={batch.packageName}
      priceCents={sold.priceCents}
      currency={sold.currency}
      createdAtMs={batch.createdAtMs}
      expiresAtMs={batch.expiresAtMs ?? undefined}
      portalUrl={portalUrl}
      supportPhone={config.site.support_phone}
      vouchers={vouchers}
    />
  )
}
