import { MlangoError } from '../errors.ts'
import { type CommandContext, command } from '../flow/command.ts'
import type { EventData } from '../flow/events.ts'
import { DIGITS, READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { type CustomerInput, keepCustomer } from './customers.ts'
import { type GrantSource, grantById, grantByUsername, insertGrant } from './grant-table.ts'
import { moveSubscription } from './move-subscription.ts'
import { writeTerms } from './network-terms.ts'
import { factOf } from './subscription-fact.ts'
import { insertPeriod } from './subscription-period-table.ts'
import { beginWaiting, mustWait } from './subscription-periods.ts'
import { letBegin, openRight, renewTerms, type SubscriptionTerms } from './subscription-right.ts'
import {
  insertSubscription,
  renewedBy,
  type SubscriptionRow,
  subscriptionByAccount,
  subscriptionById,
} from './subscription-table.ts'
import { type ConnectionTerms, isAddressTaken, tellingRouters, writeConnectionTerms } from './told-terms.ts'

export interface NewSubscription {
  subscriptionId: string
  customer: CustomerInput
  terms: SubscriptionTerms & { graceDays: number }
  routerId: number | null
  /** Chosen by an operator; made when left out. */
  username?: string
  password?: string
  startsAtMs?: number
  /** Left out while nothing is paid: the first payment connects it. */
  paidUntilMs?: number
  /** Of its own, whatever package it runs on. */
  network?: ConnectionTerms
}

export type NewSubscriptionOutcome =
  | { outcome: 'created'; subscription: SubscriptionRow }
  | { outcome: 'username-taken' }
  | { outcome: 'address-taken' }

/** A subscription with its grant, which is closed until there is paid time. */
export const createSubscription = command(
  'subscriptions.create',
  (context, input: NewSubscription): NewSubscriptionOutcome => {
    if (input.username !== undefined && grantByUsername(context.db, input.username))
      return { outcome: 'username-taken' }
    const { network, routerId, subscriptionId } = input
    if (network && isTaken(context, network, { routerId, grantId: subscriptionId })) return { outcome: 'address-taken' }
    const subscription = insert(context, input, { source: 'operator', sourceId: input.subscriptionId })
    return { outcome: 'created', subscription }
  },
)

function isTaken(
  { db }: CommandContext,
  { framedIpAddress }: ConnectionTerms,
  of: { routerId: number | null; grantId: string },
): boolean {
  return framedIpAddress !== null && isAddressTaken(db, { framedIpAddress, ...of })
}

/** Replaces what a subscription has of its own; who is online logs in anew with it. */
export const setConnectionTerms = command(
  'subscriptions.set-network',
  (
    context,
    { subscriptionId, network }: { subscriptionId: string; network: ConnectionTerms },
  ): 'set' | 'unknown' | 'address-taken' => {
    const { db } = context
    const grantId = subscriptionById(db, subscriptionId)?.grantId
    if (grantId === undefined) return 'unknown'
    const routerId = grantById(db, grantId)?.routerId ?? null
    if (isTaken(context, network, { routerId, grantId })) return 'address-taken'
    tellingRouters(context, grantId, () => writeConnectionTerms(db, grantId, network))
    return 'set'
  },
)

function insert(
  context: CommandContext,
  input: NewSubscription,
  cause: { source: GrantSource; sourceId: string },
): SubscriptionRow {
  const { db, journal, nowMs } = context
  const { subscriptionId: id, customer, terms, routerId, paidUntilMs = null } = input
  const startsAtMs = input.startsAtMs ?? nowMs
  const { id: customerId, phoneNumber } = keepCustomer(context, customer)
  const accountNumber = freshAccountNumber(db)
  const grantId = insertClosedGrant(context, {
    ...{ id, cause, terms, routerId, phoneNumber },
    username: input.username ?? accountNumber,
    password: input.password ?? randomCode(8, READABLE).toLowerCase(),
  })
  if (input.network) writeConnectionTerms(db, grantId, input.network)
  insertSubscription(db, {
    ...{ id, accountNumber, customerId, grantId, startsAtMs, paidUntilMs },
    packageId: terms.packageId,
    graceDays: terms.graceDays,
    disconnectedAtMs: nowMs,
    disconnectionReason: paidUntilMs === null ? 'unpaid' : paidUntilMs > nowMs ? 'not-started' : 'time-used',
    createdAtMs: nowMs,
  })
  const created = subscriptionById(db, id) as SubscriptionRow
  journal.record('subscription.created', factOf(created))
  return startIfPaid(context, created)
}

/** A paid subscription begins on its day. */
export function startIfPaid(context: CommandContext, subscription: SubscriptionRow): SubscriptionRow {
  const { startsAtMs, paidUntilMs, renewedAtMs } = subscription
  if (paidUntilMs === null || paidUntilMs <= context.nowMs || startsAtMs > context.nowMs) return subscription
  const started = moveSubscription(context, subscription, 'TIME_ADDED', {
    detail: 'paid when it began',
    set: { renewedAtMs: renewedAtMs ?? context.nowMs },
  })
  openRight(context, started)
  return started
}

function insertClosedGrant(
  { db, nowMs }: CommandContext,
  parts: {
    id: string
    cause: { source: GrantSource; sourceId: string }
    terms: SubscriptionTerms
    routerId: number | null
    phoneNumber: string
    username: string
    password: string
  },
): string {
  const { id, cause, terms, routerId, phoneNumber, username, password } = parts
  insertGrant(db, {
    ...cause,
    ...{ id, username, password, phoneNumber, macAddress: null, routerId },
    usernameIsCode: 0,
    packageId: terms.packageId,
    packageName: terms.packageName,
    dataLimitBytes: terms.dataLimitBytes,
    downKbps: terms.downKbps,
    upKbps: terms.upKbps,
    deviceLimit: terms.deviceLimit,
    pausable: 0,
    pausesOffline: 0,
    startsAtMs: nowMs,
    expiresAtMs: nowMs + 1,
    useBeforeMs: null,
  })
  sql(db, "UPDATE grants SET ended_at_ms = ?, end_reason = 'time-used' WHERE id = ?").run(nowMs, id)
  if (terms.terms) writeTerms(db, id, terms.terms)
  return id
}

/** Six digits, easy to type as a paybill's account; also the user name when nobody chose one. */
function freshAccountNumber(db: CommandContext['db']): string {
  for (;;) {
    const number = randomCode(1, DIGITS.slice(1)) + randomCode(5, DIGITS)
    if (!subscriptionByAccount(db, number) && !grantByUsername(db, number)) return number
  }
}

/**
 * A payment adds its time to what is left, and brings back what was down; another package begins when what is left is over.
 * One payment renews once.
 * Throws `subscription-cancelled`: the payment then has to buy something else.
 */
export const renewSubscription = command(
  'subscriptions.renew',
  (context, order: EventData<'subscription.reconnection_requested'>): 'renewed' | 'renewed-before' => {
    const { db, journal, nowMs } = context
    const { subscriptionId, paymentId, newForPhone } = order
    if (renewedBy(db, paymentId) !== undefined) return 'renewed-before'
    const known = subscriptionById(db, subscriptionId)
    if (!known && newForPhone === null) throw new MlangoError('subscription-unknown', 'There is no such subscription')
    const subscription = known ?? insertForPayer(context, order, newForPhone ?? '')
    if (subscription.state === 'cancelled') {
      throw new MlangoError('subscription-cancelled', 'This subscription was cancelled')
    }

    // Suspended time stands still: it is added at the moment that it stopped.
    const fromMs = Math.max(subscription.suspendedAtMs ?? nowMs, subscription.startsAtMs, subscription.paidUntilMs ?? 0)
    const paidUntilMs = fromMs + order.durationSeconds * 1000
    const comesLater = mustWait(context, subscription, order)
    if (comesLater) insertPeriod(db, periodOf(subscription.id, order))
    else renewTerms(context, subscription, order)
    const waits = subscription.state === 'suspended' || subscription.startsAtMs > nowMs
    const newTerms = comesLater ? {} : { packageId: order.packageId, graceDays: order.graceDays }
    const set = { ...newTerms, paidUntilMs, renewedAtMs: nowMs }
    const given = { seconds: order.durationSeconds, bytes: order.dataLimitBytes }
    const reason = subscription.startsAtMs > nowMs ? ('not-started' as const) : undefined
    const change = {
      detail: `payment for ${order.packageName}${comesLater ? ', which begins later' : ''}`,
      paymentId,
      given,
      set,
      ...(reason && { reason }),
    }
    const renewed = moveSubscription(context, subscription, waits ? 'TIME_KEPT' : 'TIME_ADDED', change)
    if (waits) letBegin(context, renewed)
    else openRight(context, renewed)
    beginWaiting(context, renewed)
    journal.record('subscription.renewed', { ...factOf(renewed), paymentId, paidUntilMs })
    return 'renewed'
  },
)

/** What was bought, as it was sold. */
function periodOf(subscriptionId: string, order: EventData<'subscription.reconnection_requested'>) {
  const { paymentId, packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit, graceDays, terms } = order
  const sold = { packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit, graceDays, terms }
  return { subscriptionId, paymentId, durationMs: order.durationSeconds * 1000, usedBytes: 0, terms: sold }
}

/** Somebody new has paid for a connection of his own. */
function insertForPayer(
  context: CommandContext,
  order: EventData<'subscription.reconnection_requested'>,
  phoneNumber: string,
): SubscriptionRow {
  const { subscriptionId, paymentId, routerId } = order
  const input = { subscriptionId, customer: { phoneNumber }, terms: order, routerId }
  return insert(context, input, { source: 'payment', sourceId: paymentId })
}
