import { isDeepStrictEqual } from 'node:util'
import type { CommandContext } from '../flow/command.ts'
import { ORDER_TERM_COLUMNS, type OrderTerms } from '../flow/order-terms.ts'
import { sql } from '../store/database.ts'
import { endGrant } from './end-grant.ts'
import { causeOf, type EndReason, type GrantRow, grantById } from './grant-table.ts'
import { termsOfGrant, throttleIfOverFairUse, writeTerms } from './network-terms.ts'
import type { SubscriptionRow } from './subscription-table.ts'
import { tellingRouters } from './told-terms.ts'

const DAY_MS = 86_400_000

/** What is bought with a period of a subscription. */
export interface SubscriptionTerms {
  packageId: number
  packageName: string
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
  /** Beyond time, data and speed; left out where the package says nothing. */
  terms?: Partial<OrderTerms> | undefined
}

export interface SoldTerms extends SubscriptionTerms {
  graceDays: number
}

/** When access ends if nobody pays. */
export const accessEndMs = ({ paidUntilMs, graceDays }: Pick<SubscriptionRow, 'paidUntilMs' | 'graceDays'>): number =>
  (paidUntilMs ?? 0) + graceDays * DAY_MS

const grantOfSubscription = ({ db }: Pick<CommandContext, 'db'>, { grantId }: SubscriptionRow): GrantRow =>
  grantById(db, grantId) as GrantRow

/** Whether the data that was bought is used up, however much time is left. */
export function isDataUsed(context: Pick<CommandContext, 'db'>, subscription: SubscriptionRow): boolean {
  const { dataLimitBytes, usedBytes } = grantOfSubscription(context, subscription)
  return dataLimitBytes !== null && usedBytes >= dataLimitBytes
}

/** A new period of the same terms: while the right runs or stands still, its data is added to what is left; else it counts anew. */
export function renewTerms(context: CommandContext, subscription: SubscriptionRow, sold: SubscriptionTerms): void {
  const grant = grantOfSubscription(context, subscription)
  const { suspendedAtMs } = subscription
  const isKept = suspendedAtMs === null ? grant.endedAtMs === null : accessEndMs(subscription) > suspendedAtMs
  const { dataLimitBytes } = sold
  const runs = isKept && grant.dataLimitBytes !== null && dataLimitBytes !== null
  if (!runs) {
    beginTerms(context, subscription, sold)
    return
  }
  // Data that is kept counts on, and so does the fair use of it.
  const before = termsOfGrant(context.db, grant.id)?.fairUseBytes ?? 0
  const fairUseBytes = sold.terms?.fairUseBytes == null ? null : sold.terms.fairUseBytes + before
  const added = { ...sold, dataLimitBytes: (grant.dataLimitBytes ?? 0) + dataLimitBytes }
  beginTerms(context, subscription, { ...added, terms: sold.terms && { ...sold.terms, fairUseBytes } }, grant.usedBytes)
}

/** These terms hold from now on, with `usedBytes` of their data used; nothing is left of the terms before. */
export function beginTerms(
  context: CommandContext,
  subscription: SubscriptionRow,
  { packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit, terms }: SubscriptionTerms,
  usedBytes = 0,
): void {
  const { db } = context
  const { grantId } = subscription
  sql(
    db,
    `UPDATE grants SET package_id = :packageId, package_name = :packageName, data_limit_bytes = :dataLimitBytes, used_bytes = :usedBytes,
       down_kbps = :downKbps, up_kbps = :upKbps, device_limit = :deviceLimit WHERE id = :grantId`,
  ).run({ packageId, packageName, dataLimitBytes, usedBytes, downKbps, upKbps, deviceLimit, grantId })
  if (!terms && !termsOfGrant(db, grantId)) return
  tellingRouters(context, grantId, () => writeTerms(db, grantId, terms ?? {}))
  throttleIfOverFairUse(context, grantOfSubscription(context, subscription))
}

/** What a package says beyond time, data and speed. */
const OFFERED = Object.keys(ORDER_TERM_COLUMNS) as (keyof OrderTerms)[]

/** The terms of what runs now, as they were sold, with the data that was added since. */
export function soldTerms(context: CommandContext, subscription: SubscriptionRow): SoldTerms {
  const { packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit, id } = grantOfSubscription(
    context,
    subscription,
  )
  const all = termsOfGrant(context.db, id)
  const terms = all && Object.fromEntries(OFFERED.map((key) => [key, all[key]]))
  const { graceDays } = subscription
  return { packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit, graceDays, terms }
}

/** Whether these terms are the same as what runs, so that time and data can simply be added. */
export function isSoldWith(context: CommandContext, subscription: SubscriptionRow, sold: SoldTerms): boolean {
  return isDeepStrictEqual(likeness(soldTerms(context, subscription)), likeness(sold))
}

/** Compares only whether data is limited, not how much it is: that grows with each renewal. */
const likeness = ({ packageId, downKbps, upKbps, deviceLimit, graceDays, dataLimitBytes, terms }: SoldTerms) => [
  ...[packageId, downKbps, upKbps, deviceLimit, graceDays, dataLimitBytes === null, terms?.fairUseBytes == null],
  ...OFFERED.flatMap((key) => (key === 'fairUseBytes' ? [] : [terms?.[key] ?? null])),
]

/** Until somebody pays, or the desk lets it go on. */
export const isRevoked = (context: CommandContext, subscription: SubscriptionRow): boolean =>
  grantOfSubscription(context, subscription).revokedByHand === 1

export const dataOf = (
  context: CommandContext,
  subscription: SubscriptionRow,
): Pick<GrantRow, 'dataLimitBytes' | 'usedBytes'> => grantOfSubscription(context, subscription)

/** RADIUS says yes until the end of grace, from this commit on. Tells nobody who is online: a renewal does. */
export function openRight({ db, journal }: CommandContext, subscription: SubscriptionRow): void {
  const grant = grantOfSubscription({ db }, subscription)
  const expiresAtMs = accessEndMs(subscription)
  if (grant.endedAtMs === null && grant.expiresAtMs === expiresAtMs) return
  sql(
    db,
    'UPDATE grants SET expires_at_ms = ?, ended_at_ms = NULL, end_reason = NULL, revoked_by_hand = 0 WHERE id = ?',
  ).run(expiresAtMs, grant.id)
  journal.record('access.granted', { ...causeOf(grant), expiresAtMs })
}

/** Somebody paid, or the desk gave time: what was revoked before it could begin does so when it is due. */
export function letBegin({ db }: CommandContext, { grantId }: SubscriptionRow): void {
  sql(db, 'UPDATE grants SET revoked_by_hand = 0 WHERE id = ?').run(grantId)
}

/** RADIUS says no from this commit on. */
export function closeRight(context: CommandContext, subscription: SubscriptionRow, reason: EndReason): void {
  endGrant(context, grantOfSubscription(context, subscription), reason)
}
