import { CLOCK_IS_UNCERTAIN, judgedAt, timesToJudgeBy } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { JUDGED_BY_END, judgeByEnd } from './ends-by.ts'

export type GrantSource = 'payment' | 'voucher' | 'operator'
export type EndReason = 'time-used' | 'data-used' | 'revoked'

/** The right to be online: one row, from which RADIUS answers. Times in ms, sizes in bytes, speeds in kbit/s; null = no limit. */
export interface GrantRow {
  id: string
  source: GrantSource
  sourceId: string
  username: string
  password: string
  /** A code of our making, with which its holder comes back: not a name that somebody chose, nor an account number. */
  usernameIsCode: 0 | 1
  packageId: number
  packageName: string
  dataLimitBytes: number | null
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
  phoneNumber: string | null
  macAddress: string | null
  routerId: number | null
  startsAtMs: number
  /** When it was opened, if it is counted from a later start. */
  openedAtMs: number | null
  expiresAtMs: number
  /** It ends by then, paused or not; null = what is left may be kept. INVARIANT: `expiresAtMs` is never later. */
  useBeforeMs: number | null
  /** More time than was left has been withdrawn from it: it is over, and so much of what comes back first goes for that. */
  owedMs: number
  /** So much later it would end but for the time to use it, by which it ends then. */
  cutMs: number
  usedBytes: number
  endedAtMs: number | null
  endReason: EndReason | null
  userCreatedAtMs: number | null
  onlineAtMs: number | null
  /** Whether its holder may stop its clock. */
  pausable: 0 | 1
  /** Whether its clock stands still while nobody is online with it. */
  pausesOffline: 0 | 1
  /** Since when its clock stands still. */
  pausedAtMs: number | null
  /** What an operator stopped, its holder does not start. Null while it stands still because nobody is online. */
  pausedBy: 'holder' | 'operator' | null
}

const COLUMNS = `id, source, source_id AS sourceId, username, password, username_is_code AS usernameIsCode, package_id AS packageId, package_name AS packageName,
  data_limit_bytes AS dataLimitBytes, down_kbps AS downKbps, up_kbps AS upKbps, device_limit AS deviceLimit, phone_number AS phoneNumber,
  mac_address AS macAddress, router_id AS routerId, starts_at_ms AS startsAtMs, opened_at_ms AS openedAtMs, expires_at_ms AS expiresAtMs, use_before_ms AS useBeforeMs, owed_ms AS owedMs, cut_ms AS cutMs, used_bytes AS usedBytes,
  ended_at_ms AS endedAtMs, end_reason AS endReason, user_created_at_ms AS userCreatedAtMs, online_at_ms AS onlineAtMs,
  pausable, pauses_offline AS pausesOffline, paused_at_ms AS pausedAtMs, paused_by AS pausedBy`

/** Every accounting packet asks this several times: the text is put together once. */
const BY_ID = `SELECT ${COLUMNS} FROM grants WHERE id = ?`
const BY_USERNAME = `SELECT ${COLUMNS} FROM grants WHERE username = ?`

export function grantById(db: Db, grantId: string): GrantRow | undefined {
  return sql(db, BY_ID).get(grantId) as GrantRow | undefined
}

export function grantByUsername(db: Db, username: string): GrantRow | undefined {
  return sql(db, BY_USERNAME).get(username) as GrantRow | undefined
}

/** As much of a grant as every login needs, and whether a further look is needed (`hasTerms`). */
export interface GrantAtDoor extends Pick<GrantRow, 'id' | 'password' | 'deviceLimit' | LimitField> {
  /** The only device that a free trial is for; null for access that somebody has paid for or given. */
  trialMacAddress: string | null
  /** Sessions that are open now. */
  openSessions: number
  hasTerms: 0 | 1
  isClockUncertain: 0 | 1
}

type LimitField =
  | ('dataLimitBytes' | 'usedBytes' | 'downKbps' | 'upKbps' | 'startsAtMs' | 'expiresAtMs' | 'useBeforeMs')
  | ('endedAtMs' | 'endReason' | 'pausedAtMs' | 'pausedBy')

/** Every login asks this: one query, whose text is put together once. */
const AT_DOOR = `SELECT id, password, device_limit AS deviceLimit,
  data_limit_bytes AS dataLimitBytes, used_bytes AS usedBytes, down_kbps AS downKbps, up_kbps AS upKbps, starts_at_ms AS startsAtMs,
  expires_at_ms AS expiresAtMs, use_before_ms AS useBeforeMs, ended_at_ms AS endedAtMs, end_reason AS endReason, paused_at_ms AS pausedAtMs, paused_by AS pausedBy,
  (SELECT count(*) FROM sessions WHERE grant_id = grants.id AND stopped_at_ms IS NULL) AS openSessions,
  EXISTS (SELECT 1 FROM grant_terms WHERE grant_id = grants.id) OR EXISTS (SELECT 1 FROM connection_terms WHERE grant_id = grants.id) AS hasTerms,
  ${CLOCK_IS_UNCERTAIN} AS isClockUncertain,
  CASE WHEN source = 'payment' AND phone_number IS NULL THEN (SELECT mac_address FROM trials WHERE id = source_id) END AS trialMacAddress
  FROM grants`
const AT_DOOR_BY_USERNAME = `${AT_DOOR} WHERE username = ?`
const AT_DOOR_BY_ID = `${AT_DOOR} WHERE id = ?`

export function grantAtDoor(db: Db, username: string): GrantAtDoor | undefined {
  return sql(db, AT_DOOR_BY_USERNAME).get(username) as GrantAtDoor | undefined
}

export function grantAtDoorById(db: Db, grantId: string): GrantAtDoor | undefined {
  return sql(db, AT_DOOR_BY_ID).get(grantId) as GrantAtDoor | undefined
}

const IS_OFFLINE = '(paused_at_ms IS NOT NULL AND paused_by IS NULL)'

/** The running grant that this device came with last: it was opened for the device, or the device has been online with it. */
export function runningGrantOfDevice(db: Db, macAddress: string, nowMs: number): GrantRow | undefined {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM grants WHERE ended_at_ms IS NULL
       AND (expires_at_ms > ${JUDGED_BY_END} OR ${IS_OFFLINE}) AND id IN (
       SELECT id FROM grants WHERE mac_address = :macAddress AND expires_at_ms > :nowMs - :lagMs
       UNION SELECT id FROM grants WHERE mac_address = :macAddress AND ${IS_OFFLINE}
       UNION SELECT grant_id FROM (SELECT grant_id FROM sessions WHERE mac_address = :macAddress ORDER BY id DESC LIMIT 3))
     ORDER BY starts_at_ms DESC LIMIT 1`,
  ).get({ macAddress, nowMs, lagMs: timesToJudgeBy({ db, nowMs }).lagMs }) as GrantRow | undefined
}

/** The grant that this cause opened or extended. */
export function grantOf(db: Db, source: GrantSource, sourceId: string): GrantRow | undefined {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM grants WHERE id = (SELECT grant_id FROM grant_parts WHERE source = ? AND source_id = ?)`,
  ).get(source, sourceId) as GrantRow | undefined
}

/**
 * The grants of this device and package that are not over, for which something was given, and which buying again may extend; only of
 * this phone, if any is given. None that an operator has stopped. What ends last comes first.
 */
export function extendableGrants(
  db: Db,
  asked: { macAddress: string; packageId: number; phoneNumber: string | undefined; begunMs: number; nowMs: number },
): GrantRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM grants WHERE mac_address = :macAddress AND package_id = :packageId AND (expires_at_ms > :nowMs OR paused_at_ms IS NOT NULL)
       AND paused_by IS NOT 'operator' AND (:phoneNumber IS NULL OR phone_number = :phoneNumber) AND starts_at_ms >= :begunMs
       AND ended_at_ms IS NULL AND source IN ('payment', 'voucher')
       AND EXISTS (SELECT 1 FROM grant_parts WHERE grant_id = grants.id) ORDER BY expires_at_ms DESC`,
  ).all({ ...asked, phoneNumber: asked.phoneNumber ?? null }) as GrantRow[]
}

/** Ids of grants that have used up their time, or were kept longer than they may be; the most overdue first. */
export function overdueGrants(db: Db, { nowMs, limit }: { nowMs: number; limit: number }): string[] {
  return sql(
    db,
    `SELECT id FROM (
       SELECT id, ${JUDGED_BY_END} AS judged_ms, expires_at_ms AS due_ms FROM grants
       WHERE ended_at_ms IS NULL AND paused_at_ms IS NULL AND expires_at_ms <= :nowMs
       UNION ALL SELECT id, ${judgedAt('starts_at_ms')}, use_before_ms FROM grants
       WHERE ended_at_ms IS NULL AND paused_at_ms IS NOT NULL AND use_before_ms <= :nowMs)
     WHERE due_ms <= judged_ms ORDER BY due_ms LIMIT :limit`,
  )
    .pluck()
    .all({ nowMs, limit, lagMs: timesToJudgeBy({ db, nowMs }).lagMs }) as string[]
}

/** Running grants of one router, and those of none, which may be used at any. */
export function runningGrantsAt(db: Db, routerId: number): GrantRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM grants WHERE ended_at_ms IS NULL AND coalesce(router_id, ?) = ?`).all(
    routerId,
    routerId,
  ) as GrantRow[]
}

/** Newest first. */
export function recentGrants(
  db: Db,
  filter: { running: boolean; limit: number; before?: { startsAtMs: number; id: string } },
): GrantRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM grants WHERE (starts_at_ms, id) < (?, ?) AND (? = 0 OR ended_at_ms IS NULL)
     ORDER BY starts_at_ms DESC, id DESC LIMIT ?`,
  ).all(
    filter.before?.startsAtMs ?? Number.MAX_SAFE_INTEGER,
    filter.before?.id ?? '',
    filter.running ? 1 : 0,
    filter.limit,
  ) as GrantRow[]
}

export function insertGrant(
  db: Db,
  row: Omit<
    GrantRow,
    | 'openedAtMs'
    | 'owedMs'
    | 'cutMs'
    | 'usedBytes'
    | 'endedAtMs'
    | 'endReason'
    | 'userCreatedAtMs'
    | 'onlineAtMs'
    | 'pausedAtMs'
    | 'pausedBy'
  >,
): void {
  sql(
    db,
    `INSERT INTO grants (id, source, source_id, username, password, username_is_code, package_id, package_name, data_limit_bytes, down_kbps, up_kbps, device_limit,
       phone_number, mac_address, router_id, starts_at_ms, expires_at_ms, use_before_ms, pausable, pauses_offline)
     VALUES (:id, :source, :sourceId, :username, :password, :usernameIsCode, :packageId, :packageName, :dataLimitBytes, :downKbps, :upKbps, :deviceLimit,
       :phoneNumber, :macAddress, :routerId, :startsAtMs, :expiresAtMs, :useBeforeMs, :pausable, :pausesOffline)`,
  ).run(row)
}

/** How a fact names the grant and what gave it. */
export const causeOf = ({ source, sourceId, id }: GrantRow) => ({ source, sourceId, grantId: id })

/** Over, or somebody stopped its clock: nobody may be online with it. */
export const isHalted = (grant: Pick<GrantRow, 'endedAtMs' | 'pausedAtMs' | 'pausedBy'>): boolean =>
  grant.endedAtMs !== null || (grant.pausedAtMs !== null && !isOffline(grant))

/** Its clock stands still until somebody is online with it again. */
export const isOffline = ({ pausedAtMs, pausedBy }: Pick<GrantRow, 'pausedAtMs' | 'pausedBy'>): boolean =>
  pausedAtMs !== null && pausedBy === null

/** `endMs`, but no later than the grant may end at all. */
export const withinWindow = ({ useBeforeMs }: Pick<GrantRow, 'useBeforeMs'>, endMs: number): number =>
  Math.min(endMs, useBeforeMs ?? endMs)

/** When it is over if nothing happens; undefined while its clock stands still and it may be kept. */
export const nextEndMs = ({ pausedAtMs, expiresAtMs, useBeforeMs }: GrantRow): number | undefined =>
  pausedAtMs === null ? expiresAtMs : (useBeforeMs ?? undefined)

/**
 * How much of its time is left, as though it had not ended. Its clock stands still while it is paused, but not past the time
 * within which it must be used.
 */
export const leftMsOf = (grant: Pick<GrantRow, 'expiresAtMs' | 'useBeforeMs' | 'pausedAtMs'>, nowMs: number): number =>
  Math.max(0, withinWindow(grant, nowMs + grant.expiresAtMs - (grant.pausedAtMs ?? nowMs)) - nowMs)

/** What is left of a grant; nothing once it has ended. `bytes`: null when no amount of data was sold. */
export function remainingOf(
  grant: Pick<GrantRow, 'endedAtMs' | 'expiresAtMs' | 'useBeforeMs' | 'pausedAtMs' | 'dataLimitBytes' | 'usedBytes'>,
  nowMs: number,
): { seconds: number; bytes: number | null } {
  const { dataLimitBytes, usedBytes } = grant
  if (grant.endedAtMs !== null) return { seconds: 0, bytes: dataLimitBytes === null ? null : 0 }
  return {
    seconds: Math.floor(leftMsOf(grant, nowMs) / 1000),
    bytes: dataLimitBytes === null ? null : Math.max(0, dataLimitBytes - usedBytes),
  }
}

/**
 * What is left of a grant as far as the clock can be believed. While it cannot, a grant from before this start may seem to have
 * too much left, never too little.
 */
export function leftOf(
  db: Db,
  grant: Parameters<typeof remainingOf>[0] & Pick<GrantRow, 'id'> & Partial<Pick<GrantAtDoor, 'isClockUncertain'>>,
  nowMs: number,
) {
  const { lagMs } = timesToJudgeBy({ db, nowMs, isClockUncertain: grant.isClockUncertain })
  if (lagMs === 0) return remainingOf(grant, nowMs)
  const { judgedMs, pausedAtMs } = judgeByEnd({ db, nowMs }, grant)
  return remainingOf({ ...grant, pausedAtMs }, judgedMs)
}
