import { type CommandContext, command } from '../flow/command.ts'
import { moveSubscription } from './move-subscription.ts'
import { factOf } from './subscription-fact.ts'
import { beginWaiting } from './subscription-periods.ts'
import { accessEndMs, closeRight, isDataUsed, letBegin, openRight } from './subscription-right.ts'
import type { SubscriptionEvent, SubscriptionState } from './subscription-states.ts'
import { type DisconnectionReason, type SubscriptionRow, subscriptionById } from './subscription-table.ts'

/** What an operator asks for; `reason` is kept in the history. */
export interface DeskOrder {
  subscriptionId: string
  reason: string
}

export type DeskOutcome =
  | { outcome: 'done'; subscription: SubscriptionRow }
  | { outcome: 'unknown' }
  /** Not possible from the state that the subscription is in. */
  | { outcome: 'not-from-here'; state: SubscriptionState }

/** Halts a subscription: nobody is online with it, and its time stands still. */
export const suspendSubscription = command(
  'subscriptions.suspend',
  (context, order: DeskOrder): DeskOutcome =>
    change(context, order, ['active', 'grace', 'disconnected'], (subscription) => {
      const suspended = moveSubscription(context, subscription, 'SUSPENDED', { detail: order.reason })
      closeRight(context, suspended, 'revoked')
      context.journal.record('subscription.suspended', factOf(suspended))
      return suspended
    }),
)

/** Goes on with the time that was left when it was halted. */
export const resumeSubscription = command(
  'subscriptions.resume',
  (context, order: DeskOrder): DeskOutcome =>
    change(context, order, ['suspended'], (subscription) => {
      const set = { paidUntilMs: afterStandstill(subscription, context.nowMs) }
      const resumption = resumptionOf(context, { ...subscription, ...set })
      const resumed = moveSubscription(context, subscription, resumption.event, {
        ...resumption,
        ...{ detail: order.reason, set },
      })
      if (resumed.state !== 'disconnected') openRight(context, resumed)
      context.journal.record('subscription.resumed', factOf(resumed))
      return beginWaiting(context, resumed)
    }),
)

/** Until when a subscription is paid after it was halted: the time that was left then is still left; what was over stays over. */
function afterStandstill(subscription: SubscriptionRow, nowMs: number): number | null {
  const { paidUntilMs, suspendedAtMs, startsAtMs } = subscription
  const fromMs = Math.max(suspendedAtMs ?? nowMs, startsAtMs)
  if (paidUntilMs === null || accessEndMs(subscription) <= fromMs) return paidUntilMs
  return paidUntilMs + Math.max(0, nowMs - fromMs)
}

function resumptionOf(
  context: CommandContext,
  subscription: SubscriptionRow,
): { event: SubscriptionEvent; reason?: DisconnectionReason } {
  const { paidUntilMs, startsAtMs } = subscription
  if (paidUntilMs === null) return { event: 'RESUMED_UNPAID', reason: 'unpaid' }
  if (isDataUsed(context, subscription)) return { event: 'RESUMED_UNPAID', reason: 'data-used' }
  if (startsAtMs > context.nowMs) return { event: 'RESUMED_UNPAID', reason: 'not-started' }
  if (paidUntilMs > context.nowMs) return { event: 'RESUMED_PAID' }
  return { event: accessEndMs(subscription) > context.nowMs ? 'RESUMED_IN_GRACE' : 'RESUMED_UNPAID' }
}

/** Gives time without a payment. Data that is used up stays so; only a payment brings new. */
export const extendSubscription = command(
  'subscriptions.extend',
  (context, order: DeskOrder & { seconds: number }): DeskOutcome =>
    change(context, order, ['active', 'grace', 'disconnected', 'suspended', 'expired'], (subscription) => {
      const { suspendedAtMs, startsAtMs, paidUntilMs } = subscription
      const fromMs = Math.max(suspendedAtMs ?? context.nowMs, startsAtMs, paidUntilMs ?? 0)
      const set = { paidUntilMs: fromMs + order.seconds * 1000, renewedAtMs: context.nowMs }
      const waits = suspendedAtMs !== null || startsAtMs > context.nowMs || isDataUsed(context, subscription)
      const event = waits ? 'TIME_KEPT' : 'TIME_ADDED'
      const extended = moveSubscription(context, subscription, event, {
        ...{ detail: order.reason, set, given: { seconds: order.seconds, bytes: null } },
        ...(startsAtMs > context.nowMs && { reason: 'not-started' }),
      })
      if (waits) letBegin(context, extended)
      else openRight(context, extended)
      context.journal.record('subscription.renewed', {
        ...factOf(extended),
        paymentId: null,
        paidUntilMs: set.paidUntilMs,
      })
      return extended
    }),
)

/** Ends a subscription for good. Its account number and user name are not given out again. */
export const cancelSubscription = command(
  'subscriptions.cancel',
  (context, order: DeskOrder): DeskOutcome =>
    change(context, order, ['active', 'grace', 'disconnected', 'suspended', 'expired'], (subscription) => {
      const cancelled = moveSubscription(context, subscription, 'CANCELLED', { detail: order.reason })
      closeRight(context, cancelled, 'revoked')
      context.journal.record('subscription.cancelled', factOf(cancelled))
      return cancelled
    }),
)

function change(
  { db }: CommandContext,
  { subscriptionId }: DeskOrder,
  from: readonly SubscriptionState[],
  act: (subscription: SubscriptionRow) => SubscriptionRow,
): DeskOutcome {
  const subscription = subscriptionById(db, subscriptionId)
  if (!subscription) return { outcome: 'unknown' }
  if (!from.includes(subscription.state)) return { outcome: 'not-from-here', state: subscription.state }
  return { outcome: 'done', subscription: act(subscription) }
}
