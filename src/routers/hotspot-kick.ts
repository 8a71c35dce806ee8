import { RouterError, trapSays } from './router-error.ts'
import { inDoubt, type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import type { Row } from './routeros-patches.ts'

/** Whose sessions: of a user, of a phone, or of a user on one phone. */
export interface Who {
  username?: string
  macAddress?: string
}

/** The right to be online must be gone before. */
export type KickOutcome = { outcome: 'kicked' } | { outcome: 'not-online' } | NotDone

export const ACTIVE = '/ip/hotspot/active'
const COOKIE = '/ip/hotspot/cookie'
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
 * there was no session.
 */
export async function endSessions(router: RouterSpeech, who: Who): Promise<boolean> {
  for (let round = 1; round <= ROUNDS + 1; round += 1) {
    await removeAll(router, COOKIE, who)
    const found = round <= ROUNDS ? await removeAll(router, ACTIVE, who) : (await rowsOf(router, ACTIVE, who)).length
    if (found === 0) return round > 1
  }
  throw new RouterError('trap', 'the phone comes back each time it is taken off', { sent: false })
}

/** How many rows there were. A session's `.id` comes back with the next login from its address, so it is read right before. */
async function removeAll(router: RouterSpeech, menu: string, who: Who): Promise<number> {
  const rows = await rowsOf(router, menu, who)
  const ids = rows.flatMap((row) => row['.id'] ?? [])
  for (const id of ids) {
    try {
      await router.tell(order(`${menu}/remove`, { '.id': id }))
    } catch (thrown) {
      // Gone by itself, or in doubt: the next look tells.
      if (!trapSays(thrown, 'no such item') && !inDoubt(thrown)) throw thrown
    }
  }
  return ids.length
}

async function rowsOf(router: RouterSpeech, menu: string, who: Who): Promise<Row[]> {
  const { username, macAddress } = who
  const query = username !== undefined ? `user=${username}` : `mac-address=${macAddress}`
  const rows = await router.look(print(menu, ['user', 'mac-address'], query))
  return rows.filter((row) => macAddress === undefined || (row['mac-address'] ?? macAddress) === macAddress)
}
