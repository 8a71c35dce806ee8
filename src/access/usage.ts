import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { endGrant } from './end-grant.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { throttleIfOverFairUse } from './network-terms.ts'
import type { SessionRow } from './session-table.ts'

/** A session's counters: totals since its login. */
export interface Counters {
  inputBytes: number
  outputBytes: number
  sessionSeconds: number
}

/** A look at the router costs something, so it is not asked more often than this. */
const SOONEST_LOOK_MS = 10_000

/** Raises a session's counters, which only grow, and its grant's use by what is new. */
export function grow(
  { db }: CommandContext,
  session: SessionRow,
  counters: Counters,
  atMs: number,
  grant: GrantRow | undefined,
): SessionRow {
  const inputBytes = Math.max(session.inputBytes, counters.inputBytes)
  const outputBytes = Math.max(session.outputBytes, counters.outputBytes)
  const sessionSeconds = Math.max(session.sessionSeconds, counters.sessionSeconds)
  const newBytes = inputBytes + outputBytes - session.inputBytes - session.outputBytes
  const updatedAtMs = Math.max(session.updatedAtMs, atMs)
  if (newBytes > 0 || sessionSeconds > session.sessionSeconds || updatedAtMs > session.updatedAtMs)
    sql(
      db,
      'UPDATE sessions SET input_bytes = ?, output_bytes = ?, session_seconds = ?, updated_at_ms = ? WHERE id = ?',
    ).run(inputBytes, outputBytes, sessionSeconds, updatedAtMs, session.id)
  // Behind the wall of a suspension nothing of what was bought is used.
  const isOfGrant = grant !== undefined && (grant.endedAtMs === null || session.startedAtMs <= grant.endedAtMs)
  if (isOfGrant && newBytes > 0)
    sql(db, 'UPDATE grants SET used_bytes = used_bytes + ? WHERE id = ?').run(newBytes, grant.id)
  return { ...session, inputBytes, outputBytes, sessionSeconds, updatedAtMs }
}

/**
 * What a grant's new use brings about, in the commit that counts it: its end, its fair-use speed, or a look at the router
 * at the moment at which the data will be used up if `grown` goes on as it did since `before`.
 */
export function settleUsage(context: CommandContext, grantId: string, before?: SessionRow, grown?: SessionRow): void {
  const grant = grantById(context.db, grantId)
  if (!grant || grant.endedAtMs !== null) return
  if (grant.dataLimitBytes !== null && grant.usedBytes >= grant.dataLimitBytes) {
    endGrant(context, grant, 'data-used')
    return
  }
  throttleIfOverFairUse(context, grant)
  if (!before || !grown || grant.dataLimitBytes === null) return
  const passedMs = grown.updatedAtMs - before.updatedAtMs
  const newBytes = bytesOf(grown) - bytesOf(before)
  if (passedMs <= 0 || newBytes <= 0) return
  const leftMs = ((grant.dataLimitBytes - grant.usedBytes) * passedMs) / newBytes
  // Later than that, the next counters come first.
  if (leftMs <= passedMs) tellUsage(context, grant, Math.ceil(context.nowMs + Math.max(SOONEST_LOOK_MS, leftMs)))
}

/** What a grant has used so far, told when a session stops, now and then while one runs, and shortly before the data runs out. */
function tellUsage({ db, journal, nowMs }: CommandContext, grant: GrantRow, runsOutAtMs: number | null): void {
  sql(
    db,
    `INSERT INTO grant_usage_told (grant_id, used_bytes, at_ms) VALUES (?, ?, ?)
     ON CONFLICT (grant_id) DO UPDATE SET used_bytes = excluded.used_bytes, at_ms = excluded.at_ms`,
  ).run(grant.id, grant.usedBytes, nowMs)
  journal.record('usage.recorded', {
    grantId: grant.id,
    usedBytes: grant.usedBytes,
    dataLimitBytes: grant.dataLimitBytes,
    runsOutAtMs,
  })
}

export function tellUsageIfNew(context: CommandContext, grantId: string): void {
  const grant = grantById(context.db, grantId)
  if (grant && grant.usedBytes !== usageTold(context.db, grantId)) tellUsage(context, grant, null)
}

const usageTold = (db: Db, grantId: string): number =>
  (sql(db, 'SELECT used_bytes FROM grant_usage_told WHERE grant_id = ?').pluck().get(grantId) as number | undefined) ??
  0

/** Grants with open sessions whose use has grown and was not told since. */
export function untoldGrants(db: Db, sinceMs: number, limit: number): string[] {
  return sql(
    db,
    `SELECT grants.id FROM grants LEFT JOIN grant_usage_told AS told ON told.grant_id = grants.id
     WHERE grants.id IN (SELECT grant_id FROM sessions WHERE stopped_at_ms IS NULL AND grant_id IS NOT NULL)
       AND grants.used_bytes <> coalesce(told.used_bytes, 0) AND coalesce(told.at_ms, grants.starts_at_ms) <= ? LIMIT ?`,
  )
    .pluck()
    .all(sinceMs, limit) as string[]
}

const bytesOf = ({ inputBytes, outputBytes }: SessionRow) => inputBytes + outputBytes
