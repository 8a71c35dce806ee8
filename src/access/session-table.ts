import { type Db, sql } from '../store/database.ts'

/** One login on one router. `input` is what the customer sent (upload), `output` what they received. */
export interface SessionRow {
  id: number
  uniqueKey: string
  grantId: string | null
  routerId: number
  username: string
  acctSessionId: string
  macAddress: string | null
  framedIpAddress: string | null
  inputBytes: number
  outputBytes: number
  sessionSeconds: number
  startedAtMs: number
  updatedAtMs: number
  stoppedAtMs: number | null
  stopReason: string | null
  /** What came of asking the router to end it; null when nobody has. */
  endOutcome: string | null
  /** The data after which its router ends it, as it was told at the login. */
  limitBytes: number | null
}

const COLUMNS = `id, unique_key AS uniqueKey, grant_id AS grantId, router_id AS routerId, username, acct_session_id AS acctSessionId,
  mac_address AS macAddress, framed_ip_address AS framedIpAddress, input_bytes AS inputBytes, output_bytes AS outputBytes,
  session_seconds AS sessionSeconds, started_at_ms AS startedAtMs, updated_at_ms AS updatedAtMs, stopped_at_ms AS stoppedAtMs, stop_reason AS stopReason,
  end_outcome AS endOutcome, limit_bytes AS limitBytes`

/** Every accounting packet asks this: the text is put together once. */
const BY_KEY = `SELECT ${COLUMNS} FROM sessions WHERE unique_key = ?`
const OPEN_OF_DEVICE = `SELECT ${COLUMNS} FROM sessions INDEXED BY sessions_open_by_device
  WHERE mac_address = ? AND stopped_at_ms IS NULL ORDER BY id`

export function sessionById(db: Db, sessionId: number): SessionRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM sessions WHERE id = ?`).get(sessionId) as SessionRow | undefined
}

export function sessionByKey(db: Db, uniqueKey: string): SessionRow | undefined {
  return sql(db, BY_KEY).get(uniqueKey) as SessionRow | undefined
}

/** Returns its id. */
export function insertSession(
  db: Db,
  session: Pick<
    SessionRow,
    'uniqueKey' | 'grantId' | 'routerId' | 'username' | 'acctSessionId' | 'macAddress' | 'framedIpAddress' | StartField
  >,
): number {
  const { lastInsertRowid } = sql(
    db,
    `INSERT INTO sessions (unique_key, grant_id, router_id, username, acct_session_id, mac_address, framed_ip_address, started_at_ms, updated_at_ms,
       limit_bytes)
     VALUES (:uniqueKey, :grantId, :routerId, :username, :acctSessionId, :macAddress, :framedIpAddress, :startedAtMs, :updatedAtMs, :limitBytes)`,
  ).run(session)
  return Number(lastInsertRowid)
}

type StartField = 'startedAtMs' | 'updatedAtMs' | 'limitBytes'

export function openSessionsOfGrant(db: Db, grantId: string): SessionRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM sessions WHERE grant_id = ? AND stopped_at_ms IS NULL ORDER BY id`).all(
    grantId,
  ) as SessionRow[]
}

export const anySessionOfGrant = (db: Db, grantId: string): boolean =>
  sql(db, 'SELECT 1 FROM sessions WHERE grant_id = ? LIMIT 1').get(grantId) !== undefined

export function openSessionsOfRouter(db: Db, routerId: number): SessionRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM sessions WHERE router_id = ? AND stopped_at_ms IS NULL ORDER BY id`).all(
    routerId,
  ) as SessionRow[]
}

/** Other devices that are online with a grant: heard of since `sinceMs`, and not told to go. A session without a name counts as one. */
export function otherDevices(
  db: Db,
  grantId: string,
  macAddress: string | undefined,
  sinceMs: number,
): Set<string | number> {
  const open = sql(
    db,
    `SELECT id, mac_address AS macAddress FROM sessions
     WHERE grant_id = ? AND stopped_at_ms IS NULL AND end_outcome IS NULL AND updated_at_ms > ?`,
  ).all(grantId, sinceMs) as { id: number; macAddress: string | null }[]
  const others = open.filter((session) => session.macAddress === null || session.macAddress !== macAddress)
  return new Set(others.map((session) => session.macAddress ?? session.id))
}

/** How long a session may be silent before it may be taken for over: three updates lost, and a little. */
export const staleAfterMs = (interimIntervalSeconds: number): number => 3 * interimIntervalSeconds * 1000 + 30_000

/** Open sessions of which nothing was heard since `sinceMs`, longest silent first. */
export function silentSessions(db: Db, sinceMs: number, limit: number): SessionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM sessions WHERE stopped_at_ms IS NULL AND updated_at_ms < ? ORDER BY updated_at_ms LIMIT ?`,
  ).all(sinceMs, limit) as SessionRow[]
}

/** The newest open session of the device that has this address now. */
export function openSessionOfAddress(db: Db, framedIpAddress: string): SessionRow | undefined {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM sessions WHERE framed_ip_address = ? AND stopped_at_ms IS NULL ORDER BY id DESC LIMIT 1`,
  ).get(framedIpAddress) as SessionRow | undefined
}

/** Open sessions of this device, on whatever router. */
export function openSessionsOfDevice(db: Db, macAddress: string | null): SessionRow[] {
  return sql(db, OPEN_OF_DEVICE).all(macAddress) as SessionRow[]
}

/** The newest session of this device, open or over. */
export function latestSessionOfDevice(db: Db, macAddress: string): SessionRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM sessions WHERE mac_address = ? ORDER BY id DESC LIMIT 1`).get(macAddress) as
    | SessionRow
    | undefined
}

/** Grants with sessions that run on although nobody may be online with them any more, save behind the wall of a suspension. */
export function overstayingGrants(db: Db, limit: number): string[] {
  return sql(
    db,
    `SELECT DISTINCT grants.id FROM sessions JOIN grants ON grants.id = sessions.grant_id
     LEFT JOIN subscriptions ON subscriptions.grant_id = grants.id AND state = 'suspended'
     LEFT JOIN grant_terms AS sold ON sold.grant_id = subscriptions.grant_id
     LEFT JOIN connection_terms AS own ON own.grant_id = subscriptions.grant_id
     WHERE stopped_at_ms IS NULL AND (ended_at_ms IS NOT NULL OR paused_by IS NOT NULL)
       AND (sessions.started_at_ms < coalesce(ended_at_ms, 0) OR coalesce(own.suspended_router_group, own.suspended_address_list,
         sold.suspended_router_group, sold.suspended_address_list) IS NULL) LIMIT ?`,
  )
    .pluck()
    .all(limit) as string[]
}

/** Newest first. */
export function recentSessions(db: Db, filter: { open: boolean; limit: number; beforeId?: number }): SessionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM sessions WHERE id < ? AND (? = 0 OR stopped_at_ms IS NULL) ORDER BY id DESC LIMIT ?`,
  ).all(filter.beforeId ?? Number.MAX_SAFE_INTEGER, filter.open ? 1 : 0, filter.limit) as SessionRow[]
}
