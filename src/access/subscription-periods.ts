import type { CommandContext } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { moveSubscription } from './move-subscription.ts'
import { insertPeriod, type SubscriptionPeriod, setPeriodState, waitingPeriods } from './subscription-period-table.ts'
import {
  beginTerms,
  closeRight,
  dataOf,
  isDataUsed,
  isSoldWith,
  openRight,
  renewTerms,
  type SoldTerms,
  soldTerms,
} from './subscription-right.ts'
import { type SubscriptionRow, subscriptionById } from './subscription-table.ts'

/**
 * INVARIANTS: the paid time of a subscription is what runs, then each period that waits, in the order in which they were
 * bought; `paidUntilMs` is the end of all of it. Whoever pays adds at the end: the terms of time that is paid never change.
 */

/** Whether what is bought now begins later: paid time is left, and it is of other terms, or others wait already. */
export function mustWait(context: CommandContext, subscription: SubscriptionRow, terms: SoldTerms): boolean {
  const { paidUntilMs, suspendedAtMs, startsAtMs } = subscription
  const fromMs = Math.max(suspendedAtMs ?? context.nowMs, startsAtMs)
  if (paidUntilMs === null || paidUntilMs <= fromMs) return false
  return waitingPeriods(context.db, subscription.id).length > 0 || !isSoldWith(context, subscription, terms)
}

/** When each period that waits begins, as far as is known now. */
export function upcomingPeriods(
  db: CommandContext['db'],
  { id, paidUntilMs }: SubscriptionRow,
): { packageId: number; packageName: string; beginsAtMs: number }[] {
  const waiting = waitingPeriods(db, id)
  let beginsAtMs = (paidUntilMs ?? 0) - durationOf(waiting)
  return waiting.map(({ terms, durationMs }) => {
    const { packageId, packageName } = terms
    const upcoming = { packageId, packageName, beginsAtMs }
    beginsAtMs += durationMs
    return upcoming
  })
}

/**
 * Begins what waits when the time before it is over, or its data used up: then the time that is left goes to the end, where
 * new data for it can still be bought. Does nothing while the subscription stands still.
 */
export function beginWaiting(context: CommandContext, subscription: SubscriptionRow): SubscriptionRow {
  const due = dueOf(context, subscription)
  return due ? beginWaiting(context, begin(context, subscription, due)) : subscription
}

interface Due {
  period: SubscriptionPeriod
  /** Of the period before it. */
  leftMs: number
}

function dueOf(context: CommandContext, subscription: SubscriptionRow): Due | undefined {
  const { state, startsAtMs, paidUntilMs } = subscription
  const isStill = state === 'suspended' || state === 'cancelled' || startsAtMs > context.nowMs
  const waiting = isStill ? [] : waitingPeriods(context.db, subscription.id)
  const leftMs = Math.max(0, (paidUntilMs ?? 0) - durationOf(waiting) - context.nowMs)
  const isOver = leftMs === 0 && isTimeTrusted(context)
  const period = isOver ? waiting[0] : isDataUsed(context, subscription) ? waiting.find(hasData) : undefined
  return period && { period, leftMs }
}

function begin(context: CommandContext, subscription: SubscriptionRow, { period, leftMs }: Due): SubscriptionRow {
  const { db } = context
  const { id: subscriptionId, grantId } = subscription
  if (leftMs > 0) {
    const rest = { durationMs: leftMs, usedBytes: dataOf(context, subscription).usedBytes }
    insertPeriod(db, { subscriptionId, paymentId: null, ...rest, terms: soldTerms(context, subscription) })
  }
  setPeriodState(db, period.id, 'begun')
  beginTerms(context, subscription, period.terms, period.usedBytes)
  const { packageId, packageName, graceDays } = period.terms
  const begun = moveSubscription(context, subscription, 'NEXT_BEGUN', {
    ...{ detail: `${packageName} begins`, set: { packageId, graceDays } },
  })
  openRight(context, begun)
  // The same bought twice is one period, with the data of both.
  for (const next of waitingPeriods(db, subscriptionId)) {
    if (!isSoldWith(context, begun, next.terms)) break
    setPeriodState(db, next.id, 'begun')
    renewTerms(context, begun, next.terms)
  }
  if (isDataUsed(context, begun)) closeRight(context, begun, 'data-used')
  else context.journal.record('access.terms_changed', { grantId, needsNewLogin: false })
  return subscriptionById(db, subscriptionId) as SubscriptionRow
}

const hasData = ({ terms: { dataLimitBytes }, usedBytes }: SubscriptionPeriod) =>
  dataLimitBytes === null || dataLimitBytes > usedBytes

export const durationOf = (waiting: readonly SubscriptionPeriod[]) =>
  waiting.reduce((total, { durationMs }) => total + durationMs, 0)
