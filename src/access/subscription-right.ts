import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type EndReason, type GrantRow, grantById } from './grant-table.ts'
import { causeOf, endGrant } from './grants.ts'
import type { SubscriptionRow } from './subscription-table.ts'

const DAY_MS = 86_400_000

/** What is bought with a period of a subscription. */
export interface SubscriptionTerms {
  packageId: number
  packageName: string
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
}

/** When access ends if nobody pays. */
export const accessEndMs = ({ paidUntilMs, graceDays }: Pick<SubscriptionRow, 'paidUntilMs' | 'graceDays'>): number =>
  (paidUntilMs ?? 0) + graceDays * DAY_MS

const grantOfSubscription = ({ db }: Pick<CommandContext, 'db'>, { grantId }: SubscriptionRow): GrantRow =>
  grantById(db, grantId) as GrantRow

/** What was bought is used up, however much time is left. */
export function isDataUsed(context: Pick<CommandContext, 'db'>, subscription: SubscriptionRow): boolean {
  const { dataLimitBytes, usedBytes } = grantOfSubscription(context, subscription)
  return dataLimitBytes !== null && usedBytes >= dataLimitBytes
}

/** A new period: while the right runs, or stands still, its data is added to what is left, else it begins anew. */
export function renewTerms(
  context: CommandContext,
  subscription: SubscriptionRow,
  { packageId, packageName, dataLimitBytes, downKbps, upKbps, deviceLimit }: SubscriptionTerms,
): void {
  const grant = grantOfSubscription(context, subscription)
  const { suspendedAtMs } = subscription
  const isKept = suspendedAtMs === null ? grant.endedAtMs === null : accessEndMs(subscription) > suspendedAtMs
  const runs = isKept && grant.dataLimitBytes !== null && dataLimitBytes !== null
  sql(
    context.db,
    `UPDATE grants SET package_id = ?, package_name = ?, data_limit_bytes = ?, used_bytes = ?, down_kbps = ?, up_kbps = ?, device_limit = ?
     WHERE id = ?`,
  ).run(
    packageId,
    packageName,
    runs ? (grant.dataLimitBytes ?? 0) + dataLimitBytes : dataLimitBytes,
    runs ? grant.usedBytes : 0,
    downKbps,
    upKbps,
    deviceLimit,
    grant.id,
  )
}

/** RADIUS says yes until the end of grace, from this commit on. */
export function openRight({ db, journal }: CommandContext, subscription: SubscriptionRow): void {
  const grant = grantOfSubscription({ db }, subscription)
  const expiresAtMs = accessEndMs(subscription)
  if (grant.endedAtMs === null && grant.expiresAtMs === expiresAtMs) return
  sql(db, 'UPDATE grants SET expires_at_ms = ?, ended_at_ms = NULL, end_reason = NULL WHERE id = ?').run(
    expiresAtMs,
    grant.id,
  )
  journal.record('access.granted', { ...causeOf(grant), expiresAtMs })
  // Who is online now goes on until the new end.
  if (grant.endedAtMs === null) journal.record('access.terms_changed', { grantId: grant.id, needsNewLogin: false })
}

/** RADIUS says no from this commit on. */
export function closeRight(context: CommandContext, subscription: SubscriptionRow, reason: EndReason): void {
  endGrant(context, grantOfSubscription(context, subscription), reason)
}
