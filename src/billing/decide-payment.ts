import { command } from '../flow/command.ts'
import { refundById, waitingRefundOf } from './refund-table.ts'
import { decideOnRefund, type RefundDecision } from './refunds.ts'
import { approvePayment, type ReviewOutcome, rejectPayment, type Verdict } from './review.ts'

export interface Decision extends Verdict {
  approve: boolean
  /** See `decideOnRefund`. */
  isOperator?: boolean
  /** The refund that is decided on; null decides on the payment's review. */
  refundId: string | null
}

export type DecisionOutcome =
  | { about: 'refund'; outcome: RefundDecision }
  | { about: 'review'; outcome: ReviewOutcome | 'refund-waits' }

/**
 * A person's decision on what waits for one. The caller names which (`refundId`, or the review): another person may have changed
 * what waits a moment ago.
 */
export const decidePayment = command(
  'payments.decide',
  (context, { approve, refundId, isOperator = false, ...verdict }: Decision): DecisionOutcome => {
    const { db } = context
    const { paymentId, receipt, by } = verdict
    if (refundId !== null) {
      const isOfPayment = refundById(db, refundId)?.paymentId === paymentId
      return {
        about: 'refund',
        outcome: isOfPayment ? decideOnRefund.run(context, { refundId, approve, by, isOperator }) : 'unknown',
      }
    }
    // Who names a receipt speaks of the review.
    const isUnclear = receipt === null && waitingRefundOf(db, paymentId) !== undefined
    const review = approve ? approvePayment : rejectPayment
    return { about: 'review', outcome: isUnclear ? 'refund-waits' : review.run(context, verdict) }
  },
)
