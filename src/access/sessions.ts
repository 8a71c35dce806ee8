import { hash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { grantIdOfClassToken } from './authorize.ts'
import { recordOnline } from './grant-progress.ts'
import { type GrantRow, grantById, grantByUsername, isHalted, runningGrantOfDevice } from './grant-table.ts'
import { parseMacAddress } from './mac-address.ts'
import { continueOnline } from './offline-pause.ts'
import { CONCLUDED, identityOf, isConcluded, stopBeforeRestart, stopSession, stopSuperseded } from './session-end.ts'
import { insertSession, openSessionsOfRouter, type SessionRow, sessionById, sessionByKey } from './session-table.ts'
import { leftOf } from './time-left.ts'
import { type Counters, grow, settleUsage, tellUsageIfNew, untoldGrants } from './usage.ts'

/** An accounting packet, authenticated and parsed. Byte counts are totals of the session. */
export interface AccountingInput {
  status: 'start' | 'interim' | 'stop'
  routerId: number
  username: string
  acctSessionId: string
  classToken: string | null
  /** Whose voucher the user name is, for a router that returns no token. */
  voucherGrantId?: string | undefined
  macAddress: string | null
  framedIpAddress: string | null
  inputBytes: number
  outputBytes: number
  sessionSeconds: number
  terminateCause: number | null
  eventAtMs: number
}

/**
 * Brings the session table up to an accounting packet. Packets come in any order, twice, or not at all: counters only
 * grow, also after the end, a stop is final, and an interim or stop whose start was lost makes the session.
 */
export const recordAccounting = command('sessions.record-accounting', (context, told: AccountingInput) => {
  // Who tells of it goes by the machine's clock at once when that is set, and we follow a moment later.
  const input = { ...told, eventAtMs: Math.min(told.eventAtMs, context.nowMs) }
  const known = knownSession(context, input)
  const grant = grantOfSession(context, input, known)
  const session = known ?? startSession(context, input, grant)
  const grown = grow(context, session, input, input.eventAtMs, grant)
  if (input.framedIpAddress !== null && input.framedIpAddress !== session.framedIpAddress)
    sql(context.db, 'UPDATE sessions SET framed_ip_address = ? WHERE id = ?').run(input.framedIpAddress, session.id)
  if (grant) recordOnline(context, grant, input.routerId, 'accounting')
  if (session.stoppedAtMs === null) {
    // A session that a new one has ended may have stopped the clock only now.
    if (grant && (!known || grant.pausedAtMs !== null)) continueOnline(context, grant.id, session.startedAtMs)
    if (input.status === 'stop')
      stopSession(context, grown, `router: ${causeName(input.terminateCause)}`, input.eventAtMs, {
        cutShort: isCutShort(context, grown, input.terminateCause),
      })
    else if (input.status === 'interim') announceUpdate(context, grown)
  }
  if (grant) settleUsage(context, grant.id, session, grown)
})

/** What a router's own list says of its sessions, between their accounting packets. */
export interface SeenOnRouter {
  sessionId: number
  /** Undefined where the list does not count (PPP). */
  counters: Counters | undefined
}

export const recordSeen = command('sessions.record-seen', (context, { seen }: { seen: readonly SeenOnRouter[] }) => {
  for (const { sessionId, counters } of seen) {
    const session = sessionById(context.db, sessionId)
    if (session?.stoppedAtMs !== null) continue
    const grant = session.grantId === null ? undefined : grantById(context.db, session.grantId)
    const grown = grow(context, session, counters ?? session, context.nowMs, grant)
    announceUpdate(context, grown)
    if (grant) settleUsage(context, grant.id, session, grown)
  }
})

/** Tells the use of grants whose sessions run on for long, so that it is known without a stop. */
export const tellRunningUsage = command(
  'sessions.tell-running-usage',
  (context, { sinceMs }: { sinceMs: number }): { more: boolean } => {
    const untold = untoldGrants(context.db, sinceMs, 200)
    for (const grantId of untold) tellUsageIfNew(context, grantId)
    return { more: untold.length === 200 }
  },
)

/** Routers count in whole seconds how long ago something was. */
const ROUNDING_MS = 1_000

/** Accounting-On or -Off: the router started anew and knows none of the earlier sessions. They ended when it last told of them. */
export const noteRouterRestarted = command(
  'sessions.note-router-restarted',
  (context, { routerId, restartedAtMs }: { routerId: number; restartedAtMs: number }) => {
    for (const session of openSessionsOfRouter(context.db, routerId)) {
      if (session.startedAtMs < restartedAtMs - ROUNDING_MS)
        stopSession(context, session, CONCLUDED.restarted, session.updatedAtMs)
    }
  },
)

/** Its updates have stopped, and the router does not know it or cannot be asked. */
export const noteSessionSilent = command(
  'sessions.note-silent',
  (context, { sessionId, sinceMs }: { sessionId: number; sinceMs: number }) => {
    const session = sessionById(context.db, sessionId)
    if (session?.stoppedAtMs === null && session.updatedAtMs < sinceMs)
      stopSession(context, session, CONCLUDED.silent, session.updatedAtMs)
  },
)

/**
 * A session that had to end was ended, or the router says that it is gone. Its accounting stop may still bring last counts.
 * The outcome stays on the session, which lets the next device in at once.
 */
export const noteSessionExpired = command(
  'sessions.note-expired',
  (context, { sessionId, outcome }: { sessionId: number; outcome: string }) => {
    const session = sessionById(context.db, sessionId)
    if (!session) return
    sql(context.db, 'UPDATE sessions SET end_outcome = ?, end_asked_at_ms = ? WHERE id = ?').run(
      outcome,
      context.nowMs,
      sessionId,
    )
    context.journal.record('session.expired', { ...identityOf(session), outcome, askedAtMs: context.nowMs })
    // No accounting stop will come for a session that the router does not know.
    if (outcome === CONCLUDED.gone && session.stoppedAtMs === null)
      stopSession(context, session, outcome, context.nowMs)
  },
)

/** It is being ended for another device of the same access, which keeps the place until it is in. */
export const noteGivesWay = command(
  'sessions.note-gives-way',
  ({ db, nowMs }, { sessionId }: { sessionId: number }) => {
    sql(db, 'UPDATE sessions SET gave_way_at_ms = ? WHERE id = ?').run(nowMs, sessionId)
  },
)

/** A session whose end we had only concluded is open again when the router tells of it. */
function knownSession(context: CommandContext, input: AccountingInput): SessionRow | undefined {
  const session = sessionByKey(context.db, uniqueKeyOf(input))
  if (!session || session.stoppedAtMs === null) return session
  if (isReusedNumber(session.stoppedAtMs, input)) {
    sql(context.db, "UPDATE sessions SET unique_key = unique_key || '#' || id WHERE id = ?").run(session.id)
    return undefined
  }
  if (input.status !== 'interim' || input.eventAtMs <= session.stoppedAtMs || !isConcluded(session)) return session
  // It takes the place of a device again.
  sql(
    context.db,
    `UPDATE sessions SET stopped_at_ms = NULL, stop_reason = NULL, end_outcome = NULL, end_asked_at_ms = NULL, gave_way_at_ms = NULL
     WHERE id = ?`,
  ).run(session.id)
  const reopened: SessionRow = { ...session, stoppedAtMs: null, stopReason: null, endOutcome: null }
  context.journal.record('session.started', identityOf(reopened))
  return reopened
}

/** RouterOS counts from the start again after some reboots; a start long after the stop is another session. */
const isReusedNumber = (stoppedAtMs: number, { status, classToken, eventAtMs }: AccountingInput): boolean =>
  status === 'start' && classToken === null && eventAtMs > stoppedAtMs + 60_000

function startSession(context: CommandContext, input: AccountingInput, grant: GrantRow | undefined): SessionRow {
  const { routerId, username, acctSessionId, macAddress, framedIpAddress, eventAtMs } = input
  const startedAtMs = eventAtMs - input.sessionSeconds * 1000
  if (macAddress !== null) stopSuperseded(context, routerId, macAddress, startedAtMs)
  stopBeforeRestart(context, input, startedAtMs)
  const begun = {
    uniqueKey: uniqueKeyOf(input),
    grantId: grant?.id ?? null,
    ...{ routerId, username, acctSessionId, macAddress, framedIpAddress },
    ...{ startedAtMs, updatedAtMs: startedAtMs },
    limitBytes: grant ? leftOf(context.db, grant, context.nowMs).bytes : null,
  }
  const session: SessionRow = {
    id: insertSession(context.db, begun),
    ...begun,
    ...{ inputBytes: 0, outputBytes: 0, sessionSeconds: 0 },
    ...{ stoppedAtMs: null, stopReason: null, endOutcome: null },
  }
  context.journal.record('session.started', identityOf(session))
  return session
}

function announceUpdate({ journal }: CommandContext, session: SessionRow): void {
  const { inputBytes, outputBytes, sessionSeconds: seconds } = session
  journal.announce({ type: 'session.updated', data: { ...identityOf(session), inputBytes, outputBytes, seconds } })
}

/**
 * The token we gave at login says whose session it is. For a router that does not return it the name says it: a grant's,
 * a voucher's code, or the device's own address.
 */
function grantOfSession(
  { db, nowMs }: CommandContext,
  { classToken, username, voucherGrantId, macAddress }: AccountingInput,
  known: SessionRow | undefined,
): GrantRow | undefined {
  const grantId = known?.grantId ?? (classToken === null ? null : grantIdOfClassToken(classToken))
  const byId = grantId === null ? undefined : grantById(db, grantId)
  const named = byId ?? grantByUsername(db, username)
  if (named) return named
  if (voucherGrantId !== undefined) return grantById(db, voucherGrantId)
  if (macAddress === null || parseMacAddress(username) !== macAddress) return undefined
  return runningGrantOfDevice(db, macAddress, nowMs)
}

const SESSION_TIMEOUT = 5
/** A router's seconds are not quite ours: who has so little left has had it all. */
const WORTH_A_LOGIN_SECONDS = 60

/** Its router ended it where it was told to at the login, but by now there is more: of data it can only be told by a new login. */
function isCutShort(context: CommandContext, session: SessionRow, cause: number | null): boolean {
  const grant = session.grantId === null ? undefined : grantById(context.db, session.grantId)
  if (!grant || isHalted(grant) || session.endOutcome !== null) return false
  const { seconds, bytes } = leftOf(context.db, grant, context.nowMs)
  if (seconds < WORTH_A_LOGIN_SECONDS || bytes === 0) return false
  const { inputBytes, outputBytes, limitBytes } = session
  return cause === SESSION_TIMEOUT || (limitBytes !== null && inputBytes + outputBytes >= limitBytes)
}

/** Session ids of RouterOS repeat after some reboots; together with the login's own token they do not. */
function uniqueKeyOf({ routerId, username, acctSessionId, classToken }: AccountingInput): string {
  return hash('sha256', JSON.stringify([routerId, username, acctSessionId, classToken]), 'base64url')
}

/** Acct-Terminate-Cause, RFC 2866 section 5.10. */
const TERMINATE_CAUSES = [
  'User-Request',
  'Lost-Carrier',
  'Lost-Service',
  'Idle-Timeout',
  'Session-Timeout',
  'Admin-Reset',
  'Admin-Reboot',
  'Port-Error',
  'NAS-Error',
  'NAS-Request',
  'NAS-Reboot',
]

const causeName = (cause: number | null): string =>
  cause === null ? 'no cause given' : (TERMINATE_CAUSES[cause - 1] ?? `cause ${cause}`)

export const sessionCommands = [
  recordAccounting,
  recordSeen,
  tellRunningUsage,
  noteRouterRestarted,
  noteSessionSilent,
  noteSessionExpired,
  noteGivesWay,
]
