import { trapSays } from './router-error.ts'
import { type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import { ACTIVE, endSessions } from './session-kick.ts'

export interface HotspotLogin {
  /** `AA:BB:CC:DD:EE:FF`. */
  macAddress: string
  username: string
  password: string
}

/** `not-here`: the phone is not on this router's WiFi. */
/** What may happen to the login with which the phone is online already. */
export interface LogInTerms {
  /** Whether that of this user may end, whoever asks. Left out: any may. */
  mayEnd?(username: string): boolean
  /** Every other ends only if the phone has this address: then it is the phone itself that asks. */
  askedFrom?: string | undefined
}

/** `not-here`: the phone is not on this router's WiFi. `in-use`: it is online as this user, and is left alone. */
export type LogInOutcome =
  | { outcome: 'online' }
  | { outcome: 'not-here' }
  | { outcome: 'in-use'; username: string }
  | NotDone

/** The router asks RADIUS first, three times over if need be. */
const LOGIN_MS = 30_000
/** A router may say yes before the session shows. */
const LOOK_AGAIN_MS = [0, 100, 300, 600, 1_000, 2_000]

/** Logs a phone in that waits at the router's door, without its doing. */
export async function logIn(
  router: RouterSpeech,
  login: HotspotLogin,
  { mayEnd = () => true, askedFrom }: LogInTerms = {},
): Promise<LogInOutcome> {
  const { macAddress, username, password } = login
  try {
    const before = await sessionsOf(router, macAddress)
    if (before.some(({ user }) => user === username)) return { outcome: 'online' }
    const hosts = await router.look(
      print('/ip/hotspot/host', ['mac-address', 'address', 'to-address', 'authorized'], `mac-address=${macAddress}`),
    )
    const host = hosts.find(({ authorized }) => authorized !== 'true') ?? hosts[0]
    if (!host) return { outcome: 'not-here' }
    const kept = before.find(({ user = '' }) => !mayEnd(user))
    if (kept && !hosts.some((host) => host.address === askedFrom || host['to-address'] === askedFrom)) {
      return { outcome: 'in-use', username: kept.user ?? '' }
    }
    if (before.length > 0) await endSessions(router, { macAddress })
    try {
      const address = { ip: host.address, 'mac-address': macAddress }
      await router.tell(order(`${ACTIVE}/login`, { user: username, password, ...address }), LOGIN_MS)
    } catch (thrown) {
      if (trapSays(thrown, 'unknown host')) return { outcome: 'not-here' }
      // Another login of the same phone may have come first: its own form, or our lost attempt.
      if (await isOnline(router, login)) return { outcome: 'online' }
      throw thrown
    }
    for (const ms of LOOK_AGAIN_MS) {
      if (ms > 0) await router.pause(ms)
      if (await isOnline(router, login)) return { outcome: 'online' }
    }
    return { outcome: 'refused', message: 'the router took the login, but the phone is not online' }
  } catch (thrown) {
    return notDone(thrown)
  }
}

const sessionsOf = (router: RouterSpeech, macAddress: string) =>
  router.look(print(ACTIVE, ['user', 'mac-address', 'address'], `mac-address=${macAddress}`))

async function isOnline(router: RouterSpeech, { macAddress, username }: HotspotLogin): Promise<boolean> {
  const sessions = await sessionsOf(router, macAddress)
  return sessions.some(({ user }) => user === username)
}
