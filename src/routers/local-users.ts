import { profileName } from './hotspot-profile.ts'
import { grantIdIn, type HotspotUser, isOurComment, uptimeOf } from './hotspot-user.ts'
import type { RouterSpeech } from './router-speech.ts'
import { print } from './router-words.ts'
import { parseDurationSeconds } from './routeros-duration.ts'
import type { Row } from './routeros-patches.ts'

/** A user that stands on a router itself. */
export interface LocalUser {
  name: string
  /** `mlango:` and the grant's id for ours. */
  comment: string | null
  isOurs: boolean
  disabled: boolean
  profile: string | null
  /** Null: none. */
  limitUptimeSeconds: number | null
  limitBytesTotal: number | null
  /** What its ended sessions have taken; on some releases also those that run. */
  uptimeSeconds: number
  /** Of the sessions that run. */
  onlineSeconds: number
}

/** All of them but those that RouterOS brings itself. Rejects with a RouterError. */
export async function readLocalUsers(router: RouterSpeech): Promise<LocalUser[]> {
  const limits = ['profile', 'uptime', 'limit-uptime', 'limit-bytes-total']
  const [rows, sessions] = await Promise.all([
    router.look(print('/ip/hotspot/user', ['name', 'comment', 'disabled', 'default', ...limits])),
    router.look(print('/ip/hotspot/active', ['user', 'radius', 'uptime'])),
  ])
  const online = sumByUser(sessions, uptimeOfSession)
  return rows
    .filter(({ name }) => name !== undefined && name !== 'default-trial')
    .map(({ name = '', comment, ...row }) => ({
      name,
      comment: comment ?? null,
      isOurs: isOurComment(comment),
      disabled: row.disabled === 'true',
      profile: row.profile ?? null,
      limitUptimeSeconds: parseDurationSeconds(row['limit-uptime'] ?? '') || null,
      limitBytesTotal: Number(row['limit-bytes-total'] ?? 0) || null,
      uptimeSeconds: parseDurationSeconds(row.uptime ?? '') ?? 0,
      onlineSeconds: online.get(name) ?? 0,
    }))
}

/** The router's seconds and ours end at different moments. */
const SLACK_SECONDS = 60

/**
 * Whether a user lets its customer have all that is wanted. Too much does no harm: the end is ours to see to. Passwords
 * cannot be read back.
 */
export function isAsWanted(user: LocalUser, wanted: HotspotUser): boolean {
  // Never more than it has used, whether the running sessions are in its counter or not.
  const usedSeconds = Math.max(user.uptimeSeconds, user.onlineSeconds)
  return (
    user.comment === wanted.comment &&
    !user.disabled &&
    (wanted.terms === undefined || user.profile === profileName(wanted.terms)) &&
    reaches(user.limitUptimeSeconds, wanted.limitUptimeSeconds, usedSeconds + uptimeOf(wanted) - SLACK_SECONDS) &&
    reaches(user.limitBytesTotal, wanted.limitBytesTotal, wanted.limitBytesTotal ?? 0)
  )
}

/** A limit must be where one is wanted, only there, and not too small. */
const reaches = (limit: number | null, wanted: number | undefined, least: number): boolean =>
  wanted === undefined ? limit === null : limit !== null && limit >= least

/** What the router has counted for the users that stand for grants. Rejects with a RouterError. */
export async function readLocalCounts(
  router: RouterSpeech,
): Promise<{ grantId: string; userBytes: number; onlineBytes: number | null; onlineSeconds: number | null }[]> {
  const counters = ['bytes-in', 'bytes-out']
  const [users, sessions] = await Promise.all([
    router.look(print('/ip/hotspot/user', ['name', 'comment', ...counters])),
    router.look(print('/ip/hotspot/active', ['user', 'radius', 'uptime', ...counters])),
  ])
  const online = sumByUser(sessions, bytesOf)
  const longest = longestByUser(sessions)
  return users.flatMap((user) => {
    const grantId = grantIdIn(user.comment)
    if (grantId === undefined) return []
    const name = user.name ?? ''
    const onlineSeconds = longest.get(name) ?? null
    return [{ grantId, userBytes: bytesOf(user), onlineBytes: online.get(name) ?? null, onlineSeconds }]
  })
}

/** Of the sessions that the router keeps itself. */
const isItsOwn = ({ radius }: Row) => radius !== 'true'

function sumByUser(sessions: readonly Row[], of: (session: Row) => number): Map<string, number> {
  const sums = new Map<string, number>()
  for (const session of sessions.filter(isItsOwn)) {
    const { user = '' } = session
    sums.set(user, (sums.get(user) ?? 0) + of(session))
  }
  return sums
}

function longestByUser(sessions: readonly Row[]): Map<string, number> {
  const longest = new Map<string, number>()
  for (const session of sessions.filter(isItsOwn)) {
    const { user = '' } = session
    longest.set(user, Math.max(longest.get(user) ?? 0, uptimeOfSession(session)))
  }
  return longest
}

const uptimeOfSession = ({ uptime = '' }: Row): number => parseDurationSeconds(uptime) ?? 0

const bytesOf = (row: Row): number => Number(row['bytes-in'] ?? 0) + Number(row['bytes-out'] ?? 0)
