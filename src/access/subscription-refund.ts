import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { moveSubscription } from './move-subscription.ts'
import {
  insertPeriod,
  periodBoughtWith,
  type SubscriptionPeriod,
  setPeriodState,
  waitingPeriods,
  withdrawnRest,
} from './subscription-period-table.ts'
import { beginWaiting, durationOf } from './subscription-periods.ts'
import { closeRight, dataOf, isDataUsed, isRevoked, openRight } from './subscription-right.ts'
import { givenAfter, type Renewal, renewalOf, type SubscriptionRow, subscriptionById } from './subscription-table.ts'

/** A payment is being given back: what is left of its time and data goes, and the access when no paid time is left. */
export const withdrawRenewal = command(
  'subscriptions.withdraw-renewal',
  (context, { paymentId }: { paymentId: string }) => {
    const { db } = context
    const renewal = renewalOf(db, paymentId)
    const subscription = renewal && !renewal.taken && runningOf(context, renewal)
    if (!renewal || !subscription) return
    const { period, rests, seconds, bytes } = shareOf(context, subscription, renewal, paymentId)
    if (period?.state === 'waiting') setPeriodState(db, period.id, 'withdrawn')
    else takeFromRests(context, rests, seconds * 1000)
    addData(context, subscription, -bytes)
    const changed = moveSubscription(context, subscription, 'TIME_TAKEN', {
      ...{ detail: 'its payment is given back', aboutPaymentId: paymentId, given: { seconds, bytes } },
      set: { paidUntilMs: (subscription.paidUntilMs ?? context.nowMs) - seconds * 1000 },
    })
    if (seconds > 0 || bytes > 0) followTime(context, changed)
  },
)

/** The payment is not given back after all: what was taken for it is there again. */
export const restoreRenewal = command(
  'subscriptions.restore-renewal',
  (context, { paymentId }: { paymentId: string }) => {
    const { db, nowMs } = context
    const renewal = renewalOf(db, paymentId)
    const subscription = renewal?.taken && runningOf(context, renewal)
    if (!renewal?.taken || !subscription) return
    const seconds = renewal.taken.seconds ?? 0
    const period = periodBoughtWith(db, paymentId)
    const packageId = period?.terms.packageId ?? renewal.packageId
    if (period && period.state !== 'begun') setPeriodState(db, period.id, 'waiting')
    else if (packageId === subscription.packageId) addData(context, subscription, renewal.taken.bytes ?? 0)
    else {
      const rest = withdrawnRest(db, subscription.id, packageId)
      if (rest && seconds > 0) insertPeriod(db, { ...rest, durationMs: seconds * 1000 })
    }
    const paidUntilMs = (subscription.paidUntilMs ?? nowMs) + seconds * 1000
    const isPaid = paidUntilMs > nowMs && !isDataUsed(context, subscription)
    const isHalted = subscription.suspendedAtMs !== null || isRevoked(context, subscription)
    const mayRun = !isHalted && subscription.startsAtMs <= nowMs
    const changed = moveSubscription(context, subscription, isPaid && mayRun ? 'TIME_ADDED' : 'TIME_KEPT', {
      ...{ detail: 'its payment stands after all', aboutPaymentId: paymentId, set: { paidUntilMs } },
    })
    followTime(context, changed)
  },
)

/** Undefined when the subscription is cancelled: then it has no time any more. */
function runningOf({ db }: CommandContext, { subscriptionId }: Renewal): SubscriptionRow | undefined {
  const subscription = subscriptionById(db, subscriptionId)
  return subscription?.state === 'cancelled' ? undefined : subscription
}

/**
 * What is left of a payment, and nothing of what others are paid for: the time of one package is used up in the order in which
 * it was bought. Of the only time that there is all is taken, so that no days of grace follow it.
 */
function shareOf(context: CommandContext, subscription: SubscriptionRow, renewal: Renewal, paymentId: string) {
  const { db, nowMs } = context
  const period = periodBoughtWith(db, paymentId)
  const full = { period, rests: [], seconds: renewal.seconds ?? 0, bytes: 0 }
  if (period?.state === 'waiting') return full
  const packageId = period?.terms.packageId ?? renewal.packageId
  const waiting = waitingPeriods(db, subscription.id)
  const rests = waiting.filter(({ paymentId, terms }) => paymentId === null && terms.packageId === packageId)
  const later = givenAfter(db, { subscriptionId: subscription.id, paymentId, packageId })
  const runs = packageId === subscription.packageId
  const bytes = runs ? bytesLeft(context, subscription, renewal.bytes ?? 0, later) : 0
  if (runs && waiting.length === 0 && later.seconds === 0) return { ...full, bytes }
  const fromMs = Math.max(subscription.suspendedAtMs ?? nowMs, subscription.startsAtMs)
  const runningMs = Math.max(0, (subscription.paidUntilMs ?? 0) - durationOf(waiting) - fromMs)
  const leftMs = durationOf(rests) + (runs ? runningMs : 0) - later.seconds * 1000
  return { period, rests, seconds: Math.min(full.seconds, Math.max(0, Math.ceil(leftMs / 1000))), bytes }
}

function bytesLeft(
  context: CommandContext,
  subscription: SubscriptionRow,
  bytes: number,
  later: { seconds: number; bytes: number },
): number {
  const { dataLimitBytes, usedBytes } = dataOf(context, subscription)
  if (dataLimitBytes === null) return 0
  return Math.min(bytes, later.seconds === 0 ? dataLimitBytes : Math.max(0, dataLimitBytes - usedBytes - later.bytes))
}

/** What was bought never changes: what is left of a rest is a rest of its own. */
function takeFromRests({ db }: CommandContext, rests: readonly SubscriptionPeriod[], takenMs: number): void {
  let leftMs = takenMs
  for (const rest of rests) {
    if (leftMs <= 0) return
    setPeriodState(db, rest.id, 'withdrawn')
    if (rest.durationMs > leftMs) insertPeriod(db, { ...rest, durationMs: rest.durationMs - leftMs })
    leftMs -= rest.durationMs
  }
}

function addData({ db }: CommandContext, { grantId }: SubscriptionRow, bytes: number): void {
  sql(db, 'UPDATE grants SET data_limit_bytes = data_limit_bytes + ? WHERE id = ?').run(bytes, grantId)
}

/** What waits begins when nothing is left before it; without any paid time access is over at once. */
function followTime(context: CommandContext, changed: SubscriptionRow): void {
  if (changed.state !== 'active' && changed.state !== 'grace') return
  if (beginWaiting(context, changed) !== changed) return
  if ((changed.paidUntilMs ?? 0) > context.nowMs && !isDataUsed(context, changed)) {
    openRight(context, changed)
    context.journal.record('access.terms_changed', { grantId: changed.grantId, needsNewLogin: false })
  } else closeRight(context, changed, 'revoked')
}
