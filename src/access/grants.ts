import { type CommandContext, command } from '../flow/command.ts'
import type { EventData } from '../flow/events.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import {
  type EndReason,
  type GrantRow,
  grantById,
  grantByUsername,
  grantOf,
  insertGrant,
  overdueGrants,
  runningGrantOfDevice,
} from './grant-table.ts'
import { type NetworkTerms, writeTerms } from './network-terms.ts'

export interface GrantOrder extends EventData<'hotspot_user.provision_requested'> {
  /** Chosen by an operator; made when left out. */
  username?: string
  password?: string
  terms?: Partial<NetworkTerms>
}

export type OpenGrantOutcome = { outcome: 'opened' | 'already-open'; grantId: string } | { outcome: 'username-taken' }

/**
 * Opens the right to be online. One cause opens one grant, however often it is asked; its time starts now, and what is
 * left of the same package on the same device is added: who adds time loses none.
 */
export const openGrant = command('grants.open', (context, order: GrantOrder): OpenGrantOutcome => {
  const { db, journal, nowMs } = context
  const known = grantOf(db, order.source, order.sourceId)
  if (known) return { outcome: 'already-open', grantId: known.id }
  if (order.username !== undefined && grantByUsername(db, order.username)) return { outcome: 'username-taken' }
  const expiresAtMs = nowMs + order.durationSeconds * 1000 + takeOver(context, order)
  insertGrant(db, {
    id: order.grantId,
    source: order.source,
    sourceId: order.sourceId,
    username: order.username ?? freshUsername(db),
    password: order.password ?? randomCode(8, READABLE).toLowerCase(),
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
  })
  if (order.terms) writeTerms(db, order.grantId, order.terms)
  journal.record('access.granted', {
    source: order.source,
    sourceId: order.sourceId,
    grantId: order.grantId,
    expiresAtMs,
  })
  return { outcome: 'opened', grantId: order.grantId }
})

/**
 * Takes over what is left of the same package on the same device, and ends that grant: nobody can use both at once.
 * Only more of the same is added: another speed or amount of data is another thing.
 */
function takeOver(context: CommandContext, order: GrantOrder): number {
  const { db, nowMs } = context
  const running = order.macAddress === null ? undefined : runningGrantOfDevice(db, order.macAddress, nowMs)
  const isSame = running && running.packageId === order.packageId && running.phoneNumber === order.phoneNumber
  if (!isSame || running.dataLimitBytes !== null || order.dataLimitBytes !== null) return 0
  endGrant(context, running, 'time-used')
  return running.expiresAtMs - nowMs
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

/** Ends what has used up its time. At most 200 in one commit; `more` says to ask again. */
export const endOverdueGrants = command('grants.end-overdue', (context, _input: Record<string, never>) => {
  const overdue = overdueGrants(context.db, context.nowMs, 200)
  for (const grantId of overdue) endGrant(context, grantById(context.db, grantId) as GrantRow, 'time-used')
  return { ended: overdue.length, more: overdue.length === 200 }
})

export const causeOf = ({ source, sourceId, id }: GrantRow) => ({ source, sourceId, grantId: id })

/** 30 bits: easy to say, and valid only while the package lives. */
const CODE_LENGTH = 6

export const isAccessCode = (text: string): boolean =>
  text.length === CODE_LENGTH && [...text].every((symbol) => READABLE.includes(symbol))

function freshUsername(db: CommandContext['db']): string {
  for (;;) {
    const username = randomCode(CODE_LENGTH, READABLE)
    if (!grantByUsername(db, username)) return username
  }
}

export const grantCommands = [openGrant, noteUserCreated, noteOnline, revokeGrant, endOverdueGrants]
