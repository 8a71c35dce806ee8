import type { CommandContext } from '../flow/command.ts'
import { nextSubscriptionState, type SubscriptionEvent } from './subscription-states.ts'
import { type DisconnectionReason, insertStep, type SubscriptionRow, updateSubscription } from './subscription-table.ts'
import { tellingRouters } from './told-terms.ts'

export interface SubscriptionChange {
  /** Why, in words that an operator reads. */
  detail: string
  paymentId?: string
  /** What this adds. */
  given?: { seconds: number; bytes: number | null }
  aboutPaymentId?: string
  /** Why it is down from now on, when this brings it down or it waits for something else. */
  reason?: DisconnectionReason
  set?: Partial<Pick<SubscriptionRow, 'packageId' | 'paidUntilMs' | 'renewedAtMs' | 'graceDays'>>
}

/** Plays an event against a subscription and writes it down, also when it moves nothing. Returns the row as it stands then. */
export function moveSubscription(
  context: CommandContext,
  before: SubscriptionRow,
  event: SubscriptionEvent,
  { detail, paymentId, given, aboutPaymentId, reason, set }: SubscriptionChange,
): SubscriptionRow {
  const { db, nowMs } = context
  const state = nextSubscriptionState(before.state, event)
  const down = state === 'disconnected' || state === 'expired'
  const after: SubscriptionRow = {
    ...before,
    ...set,
    state,
    suspendedAtMs: state === 'suspended' ? (before.suspendedAtMs ?? nowMs) : null,
    disconnectedAtMs: down ? (before.disconnectedAtMs ?? nowMs) : null,
    disconnectionReason: down ? (reason ?? before.disconnectionReason ?? 'time-used') : null,
  }
  const write = () => updateSubscription(db, after)
  // Whose right ends is taken off the network by that; it has ended already for who is suspended.
  if (before.state === 'suspended' || state === 'active' || state === 'grace') {
    tellingRouters(context, after.grantId, write)
  } else write()
  insertStep(db, before.id, {
    event,
    fromState: before.state,
    toState: state,
    packageId: after.packageId,
    paidUntilMs: after.paidUntilMs,
    paymentId: paymentId ?? null,
    seconds: given?.seconds ?? null,
    bytes: given?.bytes ?? null,
    aboutPaymentId: aboutPaymentId ?? null,
    detail,
    atMs: nowMs,
  })
  return after
}
