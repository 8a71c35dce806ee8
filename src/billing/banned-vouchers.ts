import { command } from '../flow/command.ts'
import { onceFromCloud } from './cloud-inbox.ts'
import { banSigned, givenForSigned, revokeVouchers, sourceOfSigned } from './vouchers.ts'

interface VoucherBan {
  messageId: string
  signedId: string
  body: string
  /** What the body says; undefined when it could not be read. */
  told: { reason: 'withdrawn' } | { reason: 'used-elsewhere'; site: string; access: 'keep' | 'end' } | undefined
}

type Outcome = 'withdrawn' | 'banned' | 'used-twice' | 'used-here' | 'malformed'

/**
 * A signed voucher that is good no more: head office withdrew it, or has heard of it from another site first. Then head office
 * says what becomes of the access that it gave here, too: its holder may have paid for it.
 */
export const receiveVoucherBan = command(
  'vouchers.receive-ban',
  (context, { messageId, signedId, body, told }: VoucherBan) =>
    onceFromCloud(context, { topic: 'vouchers/ban', messageId, subject: signedId, body }, (): Outcome => {
      if (!told) return 'malformed'
      if (told.reason === 'withdrawn') {
        revokeVouchers.run(context, { signedId })
        return 'withdrawn'
      }
      const grantId = givenForSigned(context.db, signedId)?.grantId ?? null
      // What was used here first stays what it is. That it was may be lost with all that is newer than a backup.
      if (told.site === context.site.id && grantId !== null) return 'used-here'
      banSigned(context, signedId, told.site)
      const endsAccess = grantId !== null && told.access === 'end'
      context.journal.record('voucher.used_elsewhere', {
        ...{ signedId, voucherSourceId: sourceOfSigned(signedId) },
        ...{ atSite: told.site, grantId, endsAccess },
      })
      return grantId === null ? 'banned' : 'used-twice'
    }),
)
