import { lookIfThere } from './absent-menu.ts'
import { forgetHost } from './hotspot-host.ts'
import type { Door } from './phones-at-door.ts'
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
const HOTSPOT: LiveMenu = { path: ACTIVE, user: 'user', device: 'mac-address' }
const LINES: LiveMenu = { path: '/ppp/active', user: 'name', device: 'caller-id' }
/** Whether somebody came by hotspot or dialled in is nowhere said: both are looked through. */
const SESSIONS: readonly LiveMenu[] = [HOTSPOT, LINES]
/** A phone may slip back in between cookie and session. */
const ROUNDS = 3

/**
 * Takes sessions, cookies, and the rows of the phones that had them: afterwards the router knows nothing of them. Without a
 * door the rows stay.
 */
export async function kick(router: RouterSpeech, who: Who, door?: Door): Promise<KickOutcome> {
  try {
    const { wereOnline, devices } = await endSessions(router, who)
    if (who.macAddress !== undefined) devices.add(who.macAddress)
    if (door) for (const macAddress of devices) await forgetUnlessOnline(router, macAddress, door)
    return { outcome: wereOnline ? 'kicked' : 'not-online' }
  } catch (thrown) {
    return notDone(thrown)
  }
}

async function forgetUnlessOnline(router: RouterSpeech, macAddress: string, door: Door): Promise<void> {
  const sessions = await rowsOf(router, HOTSPOT, { macAddress })
  if (sessions.length === 0) await forgetHost(router, macAddress, door)
}

/**
 * Cookies first, or the router would let the phone in again at once; then the sessions; then a second look. The row of the
 * phone itself (`/ip/hotspot/host`) stays: by it we log the phone in again when only its terms have changed.
 */
export async function endSessions(
  router: RouterSpeech,
  who: Who,
): Promise<{ wereOnline: boolean; devices: Set<string> }> {
  const devices = new Set<string>()
  for (let round = 1; round <= ROUNDS + 1; round += 1) {
    let found = 0
    for (const menu of [COOKIES, ...SESSIONS]) {
      const rows = await rowsOf(router, menu, who)
      if (menu !== COOKIES) found += rows.length
      if (menu !== LINES) for (const { [menu.device]: device } of rows) if (device !== undefined) devices.add(device)
      if (menu === COOKIES || round <= ROUNDS) await removeAll(router, menu, rows)
    }
    if (found === 0) return { wereOnline: round > 1, devices }
  }
  throw new RouterError('trap', 'the phone comes back each time it is taken off', { sent: false })
}

/** A session's `.id` comes back with the next login from its address, so it is read right before. */
async function removeAll(router: RouterSpeech, { path }: LiveMenu, rows: readonly Row[]): Promise<void> {
  for (const { '.id': id } of rows) {
    if (id === undefined) continue
    try {
      await router.tell(order(`${path}/remove`, { '.id': id }))
    } catch (thrown) {
      // Gone by itself, or in doubt: the next look tells.
      if (!trapSays(thrown, 'no such item') && !inDoubt(thrown)) throw thrown
    }
  }
}

/** A router without hotspot or PPP has no such menu. */
async function rowsOf(router: RouterSpeech, { path, user, device }: LiveMenu, who: Who): Promise<Row[]> {
  const { username, macAddress } = who
  const query = username !== undefined ? `${user}=${username}` : `${device}=${macAddress}`
  const rows = (await lookIfThere(router, print(path, [user, device], query))) ?? []
  return rows.filter((row) => macAddress === undefined || (row[device] ?? macAddress) === macAddress)
}
