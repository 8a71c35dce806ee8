import { ensureProfile, profileName, type UserTerms } from './hotspot-profile.ts'
import { trapSays } from './router-error.ts'
import { inDoubt, type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import { parseDurationSeconds } from './routeros-duration.ts'
import type { Row } from './routeros-patches.ts'
import { ACTIVE } from './session-kick.ts'

export interface HotspotUser {
  username: string
  password: string
  /** How much longer each of its devices may be online, from now. */
  limitUptimeSeconds?: number
  /** Upload and download together, counted by the router from the first time it sees this `comment`. */
  limitBytesTotal?: number
  /** The only device that may be online with it; left out, any. */
  macAddress?: string
  /** Speed and number of devices; left out, the router's default profile. */
  terms?: UserTerms
  /** Says which grant the user stands for. */
  comment: string
}

export type EnsureUserOutcome = { outcome: 'written' } | NotDone

/** `not-there` also when the user of that name is somebody else's: then it is left alone. */
export type RemoveUserOutcome = { outcome: 'removed' } | { outcome: 'not-there' } | NotDone

/** By its beginning we know what we have written. */
const OURS = 'mlango:'

export const isOurComment = (comment: string | undefined): boolean => comment?.startsWith(OURS) === true

/** The grant that a user of ours stands for. */
export const grantIdIn = (comment: string | undefined): string | undefined =>
  isOurComment(comment) ? comment?.slice(OURS.length) : undefined

export const userComment = (grantId: string): string => `${OURS}${grantId}`

const USER = '/ip/hotspot/user'
const SHOWN = [
  ...['name', 'server', 'comment', 'disabled', 'uptime', 'bytes-in', 'bytes-out', 'limit-uptime', 'limit-bytes-total'],
]
const TRIES = 3

/** Makes the user on the router be as wanted; a user of that name that is not ours stays, and is refused. May be done twice: limits are written as what the row must say, not added to it. */
export async function ensureUser(router: RouterSpeech, user: HotspotUser): Promise<EnsureUserOutcome> {
  try {
    if (user.terms) await ensureProfile(router, user.terms)
    let maybeAdded: Row | undefined
    for (let tries = 1; ; tries += 1) {
      const row = await findUser(router, user.username)
      // Somebody made it by hand: neither its password nor its limits are ours to change, nor its end.
      if (row && !isOurComment(row.comment))
        return { outcome: 'refused', message: `the router has a user ${user.username} that is not ours` }
      // Our own add got through although we were not told; its password came with it.
      if (row && maybeAdded && saysTheSame(row, maybeAdded)) return { outcome: 'written' }
      const wanted = wantedRow(user, row, row ? await onlineSeconds(router, user.username) : 0)
      try {
        if (row) await router.tell(order(`${USER}/set`, { '.id': row['.id'], ...wanted }))
        else await router.tell(order(`${USER}/add`, wanted))
        return { outcome: 'written' }
      } catch (thrown) {
        const duplicate = !row && trapSays(thrown, 'already have user')
        if (tries === TRIES || !(inDoubt(thrown) || duplicate)) throw thrown
        if (!row && !duplicate) maybeAdded = wanted
      }
    }
  } catch (thrown) {
    return notDone(thrown)
  }
}

/** Takes our user off the router. Its session goes on until it is kicked; without the user the phone cannot come back. */
export async function removeUser(router: RouterSpeech, username: string): Promise<RemoveUserOutcome> {
  try {
    let removed = false
    for (let tries = 1; ; tries += 1) {
      const rows = await router.look(print(USER, ['comment'], `name=${username}`))
      const ours = rows.filter(({ comment }) => isOurComment(comment))
      if (ours.length === 0) return { outcome: removed ? 'removed' : 'not-there' }
      try {
        for (const row of ours) await router.tell(order(`${USER}/remove`, { '.id': row['.id'] }))
        return { outcome: 'removed' }
      } catch (thrown) {
        // Gone by itself, or in doubt: the next look tells.
        const mayBeGone = inDoubt(thrown) || trapSays(thrown, 'no such item')
        if (tries === TRIES || !mayBeGone) throw thrown
        removed = true
      }
    }
  } catch (thrown) {
    return notDone(thrown)
  }
}

/** Users are unique per name and server; ours are for all servers, which a row says by `all` or not at all. */
async function findUser(router: RouterSpeech, username: string): Promise<Row | undefined> {
  const rows = await router.look(print(USER, SHOWN, `name=${username}`))
  return rows.find(({ server = 'all' }) => server === 'all')
}

/** Of the sessions that run: at their end it goes into the user's counter. */
async function onlineSeconds(router: RouterSpeech, username: string): Promise<number> {
  const sessions = await router.look(print(ACTIVE, ['uptime', 'radius'], `user=${username}`))
  return sessions
    .filter(({ radius }) => radius !== 'true')
    .reduce((sum, { uptime = '' }) => sum + (parseDurationSeconds(uptime) ?? 0), 0)
}

/** Its devices use up one counter together. */
export const uptimeOf = ({ limitUptimeSeconds = 0, terms }: HotspotUser): number =>
  limitUptimeSeconds * (terms?.deviceLimit ?? 1)

/**
 * The router compares limits with its counters of all the time, so what the row has used before goes on top. Where the
 * running sessions are in its counter already they count twice here: ending the time is ours, and must not come too early.
 */
function wantedRow(user: HotspotUser, row: Row = {}, onlineSeconds = 0): Row {
  const { username, password, comment, macAddress, limitUptimeSeconds, limitBytesTotal, terms } = user
  const usedSeconds = (parseDurationSeconds(row.uptime ?? '') ?? 0) + onlineSeconds
  // One that stood there before goes; to RouterOS 0 is none.
  const limit = (name: string, value: string | undefined): Row =>
    value !== undefined ? { [name]: value } : row[name] === undefined ? {} : { [name]: '0' }
  const foreignBytes = row.comment === comment ? 0 : Number(row['bytes-in'] ?? 0) + Number(row['bytes-out'] ?? 0)
  return {
    name: username,
    password,
    comment,
    ...(terms && { profile: profileName(terms) }),
    ...(macAddress !== undefined && { 'mac-address': macAddress }),
    ...limit('limit-uptime', limitUptimeSeconds === undefined ? undefined : `${usedSeconds + uptimeOf(user)}s`),
    ...limit('limit-bytes-total', limitBytesTotal === undefined ? undefined : String(foreignBytes + limitBytesTotal)),
    ...(row.disabled === 'true' && { disabled: 'no' }),
  }
}

function saysTheSame(row: Row, wanted: Row): boolean {
  const limit = (seconds: string | undefined) => parseDurationSeconds(seconds ?? '')
  return (
    row.comment === wanted.comment &&
    row['limit-bytes-total'] === wanted['limit-bytes-total'] &&
    limit(row['limit-uptime']) === limit(wanted['limit-uptime'])
  )
}
