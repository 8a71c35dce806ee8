import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { moveSubscription } from './move-subscription.ts'
import { periodBoughtWith, setPeriodState } from './subscription-period-table.ts'
import { closeRight, isDataUsed, openRight } from './subscription-right.ts'
import { renewalOf, subscriptionById } from './subscription-table.ts'

/** A payment is being given back: the time and data that it added go, and the access when no paid time is left. */
export const withdrawRenewal = command(
  'subscriptions.withdraw-renewal',
  (context, { paymentId }: { paymentId: string }) => {
    const renewal = renewalOf(context.db, paymentId)
    if (renewal && !renewal.taken) change(context, paymentId, -1)
  },
)

/** It is not given back after all. */
export const restoreRenewal = command(
  'subscriptions.restore-renewal',
  (context, { paymentId }: { paymentId: string }) => {
    if (renewalOf(context.db, paymentId)?.taken) change(context, paymentId, 1)
  },
)

function change(context: CommandContext, paymentId: string, sign: 1 | -1): void {
  const { db, nowMs } = context
  const renewal = renewalOf(db, paymentId)
  const subscription = renewal && subscriptionById(db, renewal.subscriptionId)
  // What was cancelled has no time any more.
  if (!subscription || subscription.state === 'cancelled') return
  const paidUntilMs = (subscription.paidUntilMs ?? nowMs) + sign * (renewal.seconds ?? 0) * 1000
  const period = periodBoughtWith(db, paymentId)
  if (period && period.state !== 'begun') setPeriodState(db, period.id, sign < 0 ? 'withdrawn' : 'waiting')
  // Of another package than what runs the data was never added to it, or is over.
  else if ((period?.terms.packageId ?? renewal.packageId) === subscription.packageId)
    sql(db, 'UPDATE grants SET data_limit_bytes = max(0, data_limit_bytes + ?) WHERE id = ?').run(
      sign * (renewal.bytes ?? 0),
      subscription.grantId,
    )
  const isPaid = paidUntilMs > nowMs && !isDataUsed(context, subscription)
  const mayRun = subscription.suspendedAtMs === null && subscription.startsAtMs <= nowMs
  const event = sign < 0 ? 'TIME_TAKEN' : isPaid && mayRun ? 'TIME_ADDED' : 'TIME_KEPT'
  const detail = sign < 0 ? 'its payment is given back' : 'its payment stands after all'
  const changed = moveSubscription(context, subscription, event, {
    ...{ detail, aboutPaymentId: paymentId, set: { paidUntilMs } },
  })
  if (changed.state !== 'active' && changed.state !== 'grace') return
  if (isPaid) {
    openRight(context, changed)
    context.journal.record('access.terms_changed', { grantId: changed.grantId, needsNewLogin: false })
  } else closeRight(context, changed, 'revoked')
}
