import { lookIfThere } from './absent-menu.ts'
import { RouterError, trapSays } from './router-error.ts'
import { inDoubt, type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import type { Row } from './routeros-patches.ts'

/** Whose sessions: of a user, of a phone or dialling box, or of a user on one of them. */
export interface Who {
  username?: string
  macAddress?: string
}

/** The right to be online must be gone before. */
export type KickOutcome = { outcome: 'kicked' } | { outcome: 'not-online' } | NotDone

/** A menu of live rows, and what it calls user and device. */
interface LiveMenu {
  path: string
  user: string
  device: string
}

export const ACTIVE = '/ip/hotspot/active'
const COOKIES: LiveMenu = { path: '/ip/hotspot/cookie', user: 'user', device: 'mac-address' }
/** Whether somebody came by hotspot or dialled in is nowhere said: both are looked through. */
const SESSIONS: readonly LiveMenu[] = [
  { path: ACTIVE, user: 'user', device: 'mac-address' },
  { path: '/ppp/active', user: 'name', device: 'caller-id' },
]
/** A phone may slip back in between cookie and session. */
const ROUNDS = 3

export async function kick(router: RouterSpeech, who: Who): Promise<KickOutcome> {
  try {
    return { outcome: (await endSessions(router, who)) ? 'kicked' : 'not-online' }
  } catch (thrown) {
    return notDone(thrown)
  }
}

/**
 * Cookies first, or the router would let the phone in again at once; then the sessions; then a second look. False when
 * there was no session. The row of the phone itself (`/ip/hotspot/host`) stays: by it we log the phone in again when only
 * its terms have changed.
 */
export async function endSessions(router: RouterSpeech, who: Who): Promise<boolean> {
  for (let round = 1; round <= ROUNDS + 1; round += 1) {
    await removeAll(router, COOKIES, who)
    let found = 0
    for (const menu of SESSIONS) {
      found += round <= ROUNDS ? await removeAll(router, menu, who) : (await rowsOf(router, menu, who)).length
    }
    if (found === 0) return round > 1
  }
  throw new RouterError('trap', 'the phone comes back each time it is taken off', { sent: false })
}

/** How many rows there were. A session's `.id` comes back with the next login from its address, so it is read right before. */
async function removeAll(router: RouterSpeech, menu: LiveMenu, who: Who): Promise<number> {
  const rows = await rowsOf(router, menu, who)
  const ids = rows.flatMap((row) => row['.id'] ?? [])
  for (const id of ids) {
    try {
      await router.tell(order(`${menu.path}/remove`, { '.id': id }))
    } catch (thrown) {
      // Gone by itself, or in doubt: the next look tells.
      if (!trapSays(thrown, 'no such item') && !inDoubt(thrown)) throw thrown
    }
  }
  return ids.length
}

/** A router without hotspot or PPP has no such menu. */
async function rowsOf(router: RouterSpeech, { path, user, device }: LiveMenu, who: Who): Promise<Row[]> {
  const { username, macAddress } = who
  const query = username !== undefined ? `${user}=${username}` : `${device}=${macAddress}`
  const rows = (await lookIfThere(router, print(path, [user, device], query))) ?? []
  return rows.filter((row) => macAddress === undefined || (row[device] ?? macAddress) === macAddress)
}
