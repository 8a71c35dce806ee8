import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { pauseIfOffline } from './offline-pause.ts'
import { openSessionsOfDevice, openSessionsOfRouter, type SessionRow } from './session-table.ts'
import { tellUsageIfNew } from './usage.ts'

/** How sessions end: by the router's word, or by what follows from other words of it. */

/** Ends that we only concluded: when the router speaks of the session later, it lives. */
export const CONCLUDED = {
  restarted: 'router restarted',
  seemsRestarted: 'the router seems to have restarted',
  silent: 'no word from the router',
  gone: 'already-gone',
} as const

export const isConcluded = ({ stopReason }: SessionRow): boolean =>
  stopReason !== null && Object.values<string>(CONCLUDED).includes(stopReason)

export function stopSession(
  context: CommandContext,
  session: SessionRow,
  reason: string,
  atMs: number,
  { cutShort = false } = {},
): void {
  sql(context.db, 'UPDATE sessions SET stopped_at_ms = ?, stop_reason = ? WHERE id = ?').run(atMs, reason, session.id)
  context.journal.record('session.stopped', {
    ...identityOf(session),
    reason,
    inputBytes: session.inputBytes,
    outputBytes: session.outputBytes,
    seconds: session.sessionSeconds,
    ...(cutShort && { cutShortAtMs: context.nowMs }),
  })
  if (session.grantId === null) return
  tellUsageIfNew(context, session.grantId)
  pauseIfOffline(context, session.grantId, atMs)
}

/** A device has one session on a router: one that began earlier has ended, and its stop was lost. */
export function stopSuperseded(
  context: CommandContext,
  routerId: number,
  macAddress: string,
  startedAtMs: number,
): void {
  for (const session of openSessionsOfDevice(context.db, macAddress)) {
    if (session.routerId === routerId && session.startedAtMs < startedAtMs)
      stopSession(context, session, 'superseded', context.nowMs)
  }
}

/** In the session numbers of RouterOS the third digit counts its starts: what began before with another digit is gone. */
export function stopBeforeRestart(
  context: CommandContext,
  { routerId, acctSessionId }: Pick<SessionRow, 'routerId' | 'acctSessionId'>,
  startedAtMs: number,
): void {
  const start = routerStart(acctSessionId)
  if (start === undefined) return
  const newest = sql(
    context.db,
    'SELECT acct_session_id FROM sessions WHERE router_id = ? AND stopped_at_ms IS NULL ORDER BY id DESC LIMIT 1',
  )
    .pluck()
    .get(routerId) as string | undefined
  if (newest === undefined || (routerStart(newest) ?? start) === start) return
  for (const session of openSessionsOfRouter(context.db, routerId)) {
    const earlier = routerStart(session.acctSessionId)
    if (earlier !== undefined && earlier !== start && session.startedAtMs < startedAtMs)
      stopSession(context, session, CONCLUDED.seemsRestarted, session.updatedAtMs)
  }
}

const routerStart = (acctSessionId: string): string | undefined =>
  /^8[0-9a-f]([0-9a-f])[0-9a-f]{5}$/i.exec(acctSessionId)?.[1]?.toLowerCase()

export const identityOf = ({ id, grantId, routerId, username }: SessionRow) => ({
  sessionId: id,
  grantId,
  routerId,
  username,
})
