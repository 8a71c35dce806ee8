import { type CommandContext, command } from '../flow/command.ts'
import type { EventData } from '../flow/events.ts'
import type { OrderTerms } from '../flow/order-terms.ts'
import { judgedAtMs, timesToJudgeBy } from '../flow/time-trust.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { noteAskedFrom } from './asked-from.ts'
import { takeBetter } from './better-terms.ts'
import { countFromThisStart } from './count-from-this-start.ts'
import { liftPause } from './end-pause.ts'
import { insertPart } from './grant-parts.ts'
import {
  type EndReason,
  extendableGrants,
  type GrantRow,
  grantById,
  grantByUsername,
  grantOf,
  insertGrant,
  isOffline,
  leftMsOf,
  overdueGrants,
} from './grant-table.ts'
import { addFairUse, writeTerms } from './network-terms.ts'
import { provisionalOf } from './provisional-table.ts'
import { isLimitedAlike, isSoldAlike } from './sold-alike.ts'

export interface GrantOrder extends Omit<EventData<'hotspot_user.provision_requested'>, 'terms'> {
  /** Chosen by an operator; made when left out. */
  username?: string
  password?: string
  terms?: Partial<OrderTerms> | undefined
}

export type OpenGrantOutcome =
  | { outcome: 'opened' | 'extended' | 'already-open'; grantId: string }
  | { outcome: 'username-taken' }

/**
 * Opens the right to be online. One cause opens one grant, however often it is asked; its time starts now. Buying the same
 * again by the same phone on the same device extends the grant that runs: its time goes on from what is left, its data is added, and what
 * is sold better now holds from now on.
 * One that stands still is extended only when it gives what is sold now.
 */
export const openGrant = command('grants.open', (context, order: GrantOrder): OpenGrantOutcome => {
  const { db, journal, nowMs } = context
  const known = grantOf(db, order.source, order.sourceId)
  if (known) return { outcome: 'already-open', grantId: known.id }
  if (order.username !== undefined && grantByUsername(db, order.username)) return { outcome: 'username-taken' }
  const running = extendedBy(context, order)
  const provisional = provisionalGrantFor(db, order)
  if (provisional) return takeOver(context, provisional, order, running)
  if (running) return extend(context, running, order)
  const { source, sourceId, grantId } = order
  const expiresAtMs = nowMs + order.durationSeconds * 1000
  insertGrant(db, {
    id: grantId,
    source,
    sourceId,
    username: order.username ?? freshUsername(db),
    password: order.password ?? randomCode(8, READABLE).toLowerCase(),
    usernameIsCode: order.username === undefined ? 1 : 0,
    packageId: order.packageId,
    packageName: order.packageName,
    dataLimitBytes: order.dataLimitBytes,
    downKbps: order.downKbps,
    upKbps: order.upKbps,
    deviceLimit: order.deviceLimit,
    phoneNumber: order.phoneNumber,
    macAddress: order.macAddress,
    routerId: order.routerId,
    startsAtMs: nowMs,
    expiresAtMs,
    useBeforeMs: useBeforeMs(order, nowMs),
    pausable: order.pausable ? 1 : 0,
    pausesOffline: order.pausesOffline ? 1 : 0,
  })
  if (order.source !== 'operator') noteAskedFrom(context, grantId, order)
  if (order.terms) writeTerms(db, grantId, order.terms)
  insertPart(db, { source, sourceId, grantId, seconds: order.durationSeconds, bytes: order.dataLimitBytes }, nowMs)
  journal.record('access.granted', { source, sourceId, grantId, expiresAtMs, ...logInLater(order, nowMs) })
  return { outcome: 'opened', grantId }
})

/**
 * Only what customers buy for themselves: what an operator gives stands for itself. A device's name is only claimed, and who
 * extends a grant is shown its credentials: so the same phone pays, or the network vouches for the device of a voucher.
 */
function extendedBy(context: CommandContext, order: GrantOrder): GrantRow | undefined {
  const { db, nowMs } = context
  const { source, macAddress, packageId } = order
  if (macAddress === null || order.username !== undefined || source === 'operator') return undefined
  const phoneNumber = order.phoneNumber ?? undefined
  if (phoneNumber === undefined && !(source === 'voucher' && order.deviceIsKnown)) return undefined
  // Only what began since then is measured by the same clock as now.
  const { begunMs } = timesToJudgeBy(context)
  const grants = extendableGrants(db, { macAddress, packageId, phoneNumber, begunMs, nowMs })
  const alike = grants.find((grant) => isSoldAlike(db, grant, order))
  // What was sold otherwise and stands still waits as it is. The time of what runs would be lost beside another.
  return alike ?? grants.find((grant) => grant.pausedAtMs === null && isLimitedAlike(grant, order))
}

/** What its buyer was let online with before the money came. */
function provisionalGrantFor(db: CommandContext['db'], { source, sourceId }: GrantOrder): GrantRow | undefined {
  const provisional = source === 'payment' ? provisionalOf(db, sourceId) : undefined
  return provisional && grantById(db, provisional.grantId)
}

/** The same grant becomes what was bought: sessions go on, and the time and data that were used on trust are used. */
function takeOver(
  context: CommandContext,
  provisional: GrantRow,
  order: GrantOrder,
  running: GrantRow | undefined,
): OpenGrantOutcome {
  const { db, journal, nowMs } = context
  const { source, sourceId, durationSeconds, dataLimitBytes } = order
  // Its end stays by the clock by which it began.
  const judgedMs = judgedAtMs(context, provisional.startsAtMs)
  const untilMs = Math.min(provisional.endedAtMs ?? provisional.pausedAtMs ?? judgedMs, provisional.expiresAtMs)
  const usedSeconds = Math.ceil(Math.max(0, untilMs - provisional.startsAtMs) / 1000)
  const seconds = Math.max(1, durationSeconds - usedSeconds)
  if (running) {
    endGrant(context, provisional, 'revoked')
    const bytesLeft = dataLimitBytes === null ? null : Math.max(1, dataLimitBytes - provisional.usedBytes)
    return extend(context, running, { ...order, durationSeconds: seconds, dataLimitBytes: bytesLeft })
  }
  const grantId = provisional.id
  const endMs = judgedMs + seconds * 1000
  const useBy = useBeforeMs(order, endMs - durationSeconds * 1000)
  sql(
    db,
    `UPDATE grants SET expires_at_ms = :endMs, use_before_ms = :useBy, data_limit_bytes = :dataLimitBytes, down_kbps = :downKbps, up_kbps = :upKbps,
       device_limit = :deviceLimit, phone_number = :phoneNumber, pausable = :pausable, pauses_offline = :pausesOffline, user_created_at_ms = NULL, online_at_ms = NULL,
       ended_at_ms = NULL, end_reason = NULL, paused_at_ms = NULL, paused_by = NULL WHERE id = :grantId`,
  ).run({
    ...{ grantId, endMs, useBy, dataLimitBytes },
    ...{ pausable: order.pausable ? 1 : 0, pausesOffline: order.pausesOffline ? 1 : 0 },
    ...{ downKbps: order.downKbps, upKbps: order.upKbps },
    ...{ deviceLimit: order.deviceLimit, phoneNumber: order.phoneNumber },
  })
  const expiresAtMs = endMs + countFromThisStart(context, provisional)
  noteAskedFrom(context, grantId, order)
  if (order.terms) writeTerms(db, grantId, order.terms)
  insertPart(db, { source, sourceId, grantId, seconds, bytes: dataLimitBytes }, nowMs)
  journal.record('access.granted', { source, sourceId, grantId, expiresAtMs })
  // The speed of who is online already.
  journal.record('access.terms_changed', { grantId, needsNewLogin: false })
  return { outcome: 'opened', grantId }
}

/** A login of ours while the router's own is under way would end it again, or be refused; by then the device is in, or never will be. */
const OWN_LOGIN_MS = 10_000

const logInLater = ({ isLoggingIn }: GrantOrder, nowMs: number) => isLoggingIn && { logInAtMs: nowMs + OWN_LOGIN_MS }

/** Of what was used first at `begunMs`. */
const useBeforeMs = ({ validSeconds }: GrantOrder, begunMs: number): number | null =>
  validSeconds == null ? null : begunMs + validSeconds * 1000

/** What was sold to be kept stays so. Time that is bought is never cut for who uses it without a break. */
function extendedWindow(running: GrantRow, order: GrantOrder, nowMs: number, endIfUsedNowMs: number): number | null {
  const ofThis = useBeforeMs(order, nowMs)
  if (running.useBeforeMs === null || ofThis === null) return null
  return Math.max(running.useBeforeMs, ofThis, endIfUsedNowMs)
}

function extend(context: CommandContext, running: GrantRow, order: GrantOrder): OpenGrantOutcome {
  const { db, journal, nowMs } = context
  const { source, sourceId, durationSeconds: seconds, dataLimitBytes: bytes } = order
  const grantId = running.id
  const endIfUsedNowMs = nowMs + leftMsOf(running, nowMs) + seconds * 1000
  const { pausedAtMs } = running
  // Who has paid may be online: what the holder has stopped goes on.
  if (pausedAtMs !== null && !isOffline(running)) liftPause(context, { ...running, pausedAtMs })
  insertPart(db, { source, sourceId, grantId, seconds, bytes }, nowMs)
  const staysStill = isOffline(grantById(db, grantId) ?? running)
  const expiresAtMs = staysStill ? running.expiresAtMs + seconds * 1000 : endIfUsedNowMs
  sql(
    db,
    `UPDATE grants SET expires_at_ms = :expiresAtMs, use_before_ms = :useBy, data_limit_bytes = data_limit_bytes + :bytes
     WHERE id = :grantId`,
  ).run({ grantId, expiresAtMs, useBy: extendedWindow(running, order, nowMs, endIfUsedNowMs), bytes: bytes ?? 0 })
  takeBetter(db, running, order)
  addFairUse(context, running, order.terms?.fairUseBytes ?? 0)
  journal.record('access.extended', { source, sourceId, grantId, expiresAtMs, ...logInLater(order, nowMs) })
  return { outcome: 'extended', grantId }
}

/** The user exists wherever the site's router looks for it: in RADIUS from the start, on the router in `local` mode. */
export const noteUserCreated = command(
  'grants.note-user-created',
  ({ db, journal, nowMs }, { grantId }: { grantId: string }) => {
    const grant = grantById(db, grantId)
    if (!grant || grant.userCreatedAtMs !== null) return
    sql(db, 'UPDATE grants SET user_created_at_ms = ? WHERE id = ?').run(nowMs, grantId)
    journal.record('hotspot_user.created', { ...causeOf(grant), phoneNumber: grant.phoneNumber })
  },
)

/** The customer is online for the first time with this grant. */
export const noteOnline = command(
  'grants.note-online',
  (context, { grantId, routerId }: { grantId: string; routerId: number | null }) => {
    const grant = grantById(context.db, grantId)
    if (grant) recordOnline(context, grant, routerId, 'router')
  },
)

export function recordOnline(
  { db, journal, nowMs }: CommandContext,
  grant: GrantRow,
  routerId: number | null,
  by: 'router' | 'accounting',
): void {
  if (grant.onlineAtMs !== null) return
  sql(db, 'UPDATE grants SET online_at_ms = ?, router_id = coalesce(router_id, ?) WHERE id = ?').run(
    nowMs,
    routerId,
    grant.id,
  )
  journal.record('access.online', { ...causeOf(grant), routerId, by })
}

/** Ends a grant for good: RADIUS says no from this commit on. A grant that has ended keeps its first reason. */
export function endGrant({ db, journal, nowMs }: CommandContext, grant: GrantRow, reason: EndReason): void {
  if (grant.endedAtMs !== null) return
  sql(db, 'UPDATE grants SET ended_at_ms = ?, end_reason = ? WHERE id = ?').run(nowMs, reason, grant.id)
  journal.record('access.ended', { ...causeOf(grant), reason })
}

export const revokeGrant = command(
  'grants.revoke',
  (context, { grantId }: { grantId: string }): 'revoked' | 'unknown' => {
    const grant = grantById(context.db, grantId)
    if (!grant) return 'unknown'
    endGrant(context, grant, 'revoked')
    return 'revoked'
  },
)

/**
 * Ends what has used up its time, or was kept longer than it may be. At most 200 in one commit; `more` says to ask again. While the clock is not trusted
 * what is older than this start ends when it would be over at the earliest time that it can be by the clock of its own.
 */
export const endOverdueGrants = command('grants.end-overdue', (context, _input: Record<string, never>) => {
  const { db, nowMs } = context
  const overdue = overdueGrants(db, { nowMs, limit: 200 })
  for (const grantId of overdue) endGrant(context, grantById(db, grantId) as GrantRow, 'time-used')
  return { ended: overdue.length, more: overdue.length === 200 }
})

export const causeOf = ({ source, sourceId, id }: GrantRow) => ({ source, sourceId, grantId: id })

/** 30 bits: easy to say, and valid only while the package lives. */
const CODE_LENGTH = 6

export const isAccessCode = (text: string): boolean =>
  text.length === CODE_LENGTH && [...text].every((symbol) => READABLE.includes(symbol))

export function freshUsername(db: CommandContext['db']): string {
  for (;;) {
    const username = randomCode(CODE_LENGTH, READABLE)
    if (!grantByUsername(db, username)) return username
  }
}

export const grantCommands = [openGrant, noteUserCreated, noteOnline, revokeGrant, endOverdueGrants]
