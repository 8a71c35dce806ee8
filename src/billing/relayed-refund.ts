import { command } from '../flow/command.ts'
import { onceFromCloud } from './cloud-inbox.ts'
import { type RefundRow, refundById } from './refund-table.ts'
import { type RefundResult, recordRefundResult } from './refunds.ts'

interface RelayedResult {
  messageId: string
  refundId: string
  body: string
  /** What the body says; undefined when it could not be read. */
  told:
    | (Pick<RefundResult, 'result' | 'method'> & { reference?: string | undefined; reason?: string | undefined })
    | undefined
}

type Outcome =
  | 'recorded'
  /** It was known. */
  | 'known'
  /** No refund of ours: a backup from before it was restored, perhaps. Money may have gone all the same. */
  | 'unknown'
  /** Not what was decided or told here before: a person must look. */
  | 'contradicts'
  | 'malformed'

/** What came of a refund that head office was to do. It is kept whatever it says, and counts once. */
export const receiveRefundResult = command(
  'refunds.receive-result',
  (context, { messageId, refundId, body, told }: RelayedResult) =>
    onceFromCloud(context, { topic: 'mpesa/refund', messageId, subject: refundId, body }, (): Outcome => {
      if (!told) return 'malformed'
      const { result, method, reference = null, reason: detail = null } = told
      const recorded = recordRefundResult.run(context, { refundId, result, method, reference, detail, by: 'cloud' })
      if (recorded === 'recorded') return 'recorded'
      const refund = refundById(context.db, refundId)
      if (refund && isNoNews(refund, result, reference)) return 'known'
      context.log.error({ refundId, result, state: refund?.state }, 'the cloud tells of a refund what does not fit')
      return refund ? 'contradicts' : 'unknown'
    }),
)

/** The end was known, and this is it, or only what was on the way there. Done under another number, it was done twice. */
function isNoNews(
  { state, reference: known }: RefundRow,
  result: RefundResult['result'],
  told: string | null,
): boolean {
  if (state === 'done' && result === 'done') {
    return told === null || known === null || told.toUpperCase() === known.toUpperCase()
  }
  if (state === 'sent') return result === 'not-done'
  return state === result || ((state === 'done' || state === 'failed') && (result === 'lost' || result === 'not-done'))
}
