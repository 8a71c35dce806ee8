import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { grantIdOfClassToken } from './authorize.ts'
import { type GrantRow, grantById, grantByUsername } from './grant-table.ts'
import { endGrant, recordOnline } from './grants.ts'
import { openSessionsOfRouter, type SessionRow, sessionById, sessionByKey } from './session-table.ts'

/** An accounting packet, authenticated and parsed. Byte counts are totals of the session. */
export interface AccountingInput {
  status: 'start' | 'interim' | 'stop'
  routerId: number
  username: string
  acctSessionId: string
  classToken: string | null
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
export const recordAccounting = command('sessions.record-accounting', (context, input: AccountingInput) => {
  const key = uniqueKeyOf(input)
  const known = sessionByKey(context.db, key)
  const grant = grantOfSession(context, input)
  const session = known ?? startSession(context, key, input, grant)
  const grown = grow(context, session, input, grant)
  if (grant) recordOnline(context, grant, input.routerId, 'accounting')
  if (input.status === 'stop' && session.stoppedAtMs === null)
    stopSession(context, grown, `router: ${causeName(input.terminateCause)}`, input.eventAtMs)
  if (grant) endIfDataUsed(context, grant.id)
})

/** Accounting-On or -Off: the router started anew and knows none of its sessions. */
export const noteRouterRestarted = command(
  'sessions.note-router-restarted',
  (context, { routerId }: { routerId: number }) => {
    for (const session of openSessionsOfRouter(context.db, routerId))
      stopSession(context, session, 'router restarted', context.nowMs)
  },
)

/** A session that had to end was ended, or the router says that it is gone. Its accounting stop may still bring last counts. */
export const noteSessionExpired = command(
  'sessions.note-expired',
  ({ db, journal, ...context }, { sessionId, outcome }: { sessionId: number; outcome: string }) => {
    const session = sessionById(db, sessionId)
    if (!session) return
    journal.record('session.expired', { ...identityOf(session), outcome })
    // No accounting stop will come for a session that the router does not know.
    if (outcome === 'already-gone' && session.stoppedAtMs === null)
      stopSession({ db, journal, ...context }, session, outcome, context.nowMs)
  },
)

function startSession(
  context: CommandContext,
  key: string,
  input: AccountingInput,
  grant: GrantRow | undefined,
): SessionRow {
  const startedAtMs = input.eventAtMs - input.sessionSeconds * 1000
  if (input.macAddress !== null) stopSuperseded(context, input.routerId, input.macAddress, startedAtMs)
  sql(
    context.db,
    `INSERT INTO sessions (unique_key, grant_id, router_id, username, acct_session_id, mac_address, framed_ip_address, started_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    key,
    grant?.id ?? null,
    input.routerId,
    input.username,
    input.acctSessionId,
    input.macAddress,
    input.framedIpAddress,
    startedAtMs,
    input.eventAtMs,
  )
  const session = sessionByKey(context.db, key) as SessionRow
  context.journal.record('session.started', identityOf(session))
  return session
}

/** A device has one session on a router: one that began earlier has ended, and its stop was lost. */
function stopSuperseded(context: CommandContext, routerId: number, macAddress: string, startedAtMs: number): void {
  for (const session of openSessionsOfRouter(context.db, routerId)) {
    if (session.macAddress === macAddress && session.startedAtMs < startedAtMs)
      stopSession(context, session, 'superseded', context.nowMs)
  }
}

/** Adds what is new since the last packet to the session and to its grant. */
function grow(
  { db }: CommandContext,
  session: SessionRow,
  input: AccountingInput,
  grant: GrantRow | undefined,
): SessionRow {
  const inputBytes = Math.max(session.inputBytes, input.inputBytes)
  const outputBytes = Math.max(session.outputBytes, input.outputBytes)
  const sessionSeconds = Math.max(session.sessionSeconds, input.sessionSeconds)
  const newBytes = inputBytes + outputBytes - session.inputBytes - session.outputBytes
  sql(
    db,
    `UPDATE sessions SET input_bytes = ?, output_bytes = ?, session_seconds = ?, updated_at_ms = max(updated_at_ms, ?),
       framed_ip_address = coalesce(?, framed_ip_address) WHERE id = ?`,
  ).run(inputBytes, outputBytes, sessionSeconds, input.eventAtMs, input.framedIpAddress, session.id)
  if (grant && newBytes > 0)
    sql(db, 'UPDATE grants SET used_bytes = used_bytes + ? WHERE id = ?').run(newBytes, grant.id)
  return { ...session, inputBytes, outputBytes, sessionSeconds }
}

function stopSession({ db, journal }: CommandContext, session: SessionRow, reason: string, atMs: number): void {
  sql(db, 'UPDATE sessions SET stopped_at_ms = ?, stop_reason = ? WHERE id = ?').run(atMs, reason, session.id)
  journal.record('session.stopped', {
    ...identityOf(session),
    reason,
    inputBytes: session.inputBytes,
    outputBytes: session.outputBytes,
    seconds: session.sessionSeconds,
  })
}

function endIfDataUsed(context: CommandContext, grantId: string): void {
  const grant = grantById(context.db, grantId)
  if (grant && grant.dataLimitBytes !== null && grant.usedBytes >= grant.dataLimitBytes)
    endGrant(context, grant, 'data-used')
}

/** The token we gave at login says whose session it is; the name is the fall-back for a router that does not return it. */
function grantOfSession({ db }: CommandContext, { classToken, username }: AccountingInput): GrantRow | undefined {
  const byToken = classToken === null ? undefined : grantById(db, grantIdOfClassToken(classToken))
  return byToken ?? grantByUsername(db, username)
}

/** Session ids of RouterOS repeat after some reboots; together with the login's own token they do not. */
function uniqueKeyOf({ routerId, username, acctSessionId, classToken }: AccountingInput): string {
  return createHash('sha256')
    .update(JSON.stringify([routerId, username, acctSessionId, classToken]))
    .digest('base64url')
}

const identityOf = ({ id, grantId, routerId, username }: SessionRow) => ({ sessionId: id, grantId, routerId, username })

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

export const sessionCommands = [recordAccounting, noteRouterRestarted, noteSessionExpired]
