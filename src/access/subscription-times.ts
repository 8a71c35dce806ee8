import { type CommandContext, command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import type { EndReason } from './grant-table.ts'
import { moveSubscription } from './move-subscription.ts'
import { factOf } from './subscription-fact.ts'
import { beginWaiting } from './subscription-periods.ts'
import { accessEndMs, closeRight } from './subscription-right.ts'
import { dueSubscriptions, longDisconnected, type SubscriptionRow, subscriptionOfGrant } from './subscription-table.ts'
import { startIfPaid } from './subscriptions.ts'

/** At most so many in one commit; `more` says to ask again. */
const BATCH = 200

const LAPSE_MS = 90 * 86_400_000

/** Brings subscriptions to what the time says: the first day, the turn of what waited, the end of the paid time, the end of grace. */
export const moveDueSubscriptions = command('subscriptions.move-due', (context, _input: Record<string, never>) => {
  if (!isTimeTrusted(context)) return { more: false }
  const due = dueSubscriptions(context.db, context.nowMs, BATCH)
  for (const subscription of due) {
    if (subscription.state === 'disconnected') startIfPaid(context, subscription)
    else endIfOver(context, beginWaiting(context, subscription))
  }
  return { more: due.length === BATCH }
})

function endIfOver(context: CommandContext, subscription: SubscriptionRow): void {
  const { state, paidUntilMs } = subscription
  if (state !== 'active' && state !== 'grace') return
  // The end of the grant brings the subscription down.
  if (accessEndMs(subscription) <= context.nowMs) closeRight(context, subscription, 'time-used')
  else if (state === 'active' && (paidUntilMs ?? 0) <= context.nowMs) {
    const inGrace = moveSubscription(context, subscription, 'PAID_TIME_OVER', { detail: 'the paid time is over' })
    context.journal.record('subscription.grace_started', { ...factOf(inGrace), endsAtMs: accessEndMs(inGrace) })
  }
}

/** Subscriptions that nobody has paid for in three months expire. */
export const lapseSubscriptions = command('subscriptions.lapse', (context, _input: Record<string, never>) => {
  if (!isTimeTrusted(context)) return { more: false }
  const long = longDisconnected(context.db, context.nowMs - LAPSE_MS, BATCH)
  for (const subscription of long) {
    const lapsed = moveSubscription(context, subscription, 'LAPSED', { detail: 'not paid for 90 days' })
    context.journal.record('subscription.expired', factOf(lapsed))
  }
  return { more: long.length === BATCH }
})

/** A grant has ended: the subscription that it belongs to, if any, is down, unless more was bought than the data that is used up. */
export const noteAccessEnded = command(
  'subscriptions.note-access-ended',
  (context, { grantId, reason }: { grantId: string; reason: EndReason }) => {
    const subscription = subscriptionOfGrant(context.db, grantId)
    if (subscription?.state !== 'active' && subscription?.state !== 'grace') return
    const detail = `access ended: ${reason}`
    const down = moveSubscription(context, subscription, 'ACCESS_ENDED', { detail, reason })
    context.journal.record('subscription.disconnected', { ...factOf(down), reason })
    if (reason === 'data-used') beginWaiting(context, down)
  },
)
