import { hostsOf } from './hotspot-host.ts'
import type { Door } from './phones-at-door.ts'
import { trapSays } from './router-error.ts'
import { type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import type { Row } from './routeros-patches.ts'
import { ACTIVE, endSessions } from './session-kick.ts'

export interface HotspotLogin {
  /** `AA:BB:CC:DD:EE:FF`. */
  macAddress: string
  username: string
  password: string
}

/** What may happen to the login with which the phone is online already. */
export interface LogInTerms {
  /** Whether that of this user may end, whoever asks. Left out: any may. */
  mayEnd?(username: string): boolean
  /** Every other ends only if the phone has this address: then it is the phone itself that asks. */
  askedFrom?: string | undefined
}

/**
 * `not-here`: the phone is not on this router's WiFi. `not-heard`: nor is it, but it was taken off a moment ago, and the router
 * finds it again with its next packet. `in-use`: it is online as this user, and is left alone.
 */
export type LogInOutcome =
  | { outcome: 'online' }
  | { outcome: 'not-here' }
  | { outcome: 'not-heard' }
  | { outcome: 'in-use'; username: string }
  | NotDone

/** `waits`: a login would let it in; else what the login would come to. */
export type AtDoorOutcome =
  | { outcome: 'waits' }
  | Exclude<LogInOutcome, { outcome: 'refused' | 'unreachable' }>
  | NotDone

/** The router asks RADIUS first, three times over if need be. */
const LOGIN_MS = 30_000
/** A router may say yes before the session shows. */
const LOOK_AGAIN_MS = [0, 100, 300, 600, 1_000, 2_000]
/** A phone that has just been taken off and buys is about to say something. */
const HEAR_AGAIN_MS = [0, 50, 100, 200, 300, 500]

/** Logs a phone in that waits at the router's door, without its doing. */
export const logIn = (router: RouterSpeech, login: HotspotLogin, door: Door, terms: LogInTerms = {}) =>
  door.whileLoggingIn(login.macAddress, () => tryLogIn(router, login, door, terms))

/** Whether a login would let it in. Changes nothing. */
export async function lookAtDoor(
  router: RouterSpeech,
  login: Omit<HotspotLogin, 'password'>,
  door: Door,
  terms: LogInTerms = {},
): Promise<AtDoorOutcome> {
  try {
    const found = await findAtDoor(router, login, door, terms)
    return found.outcome === 'waits' ? { outcome: 'waits' } : found
  } catch (thrown) {
    return notDone(thrown)
  }
}

async function findAtDoor(
  router: RouterSpeech,
  { macAddress, username }: Omit<HotspotLogin, 'password'>,
  door: Door,
  { mayEnd = () => true, askedFrom }: LogInTerms,
) {
  const before = await sessionsOf(router, macAddress)
  if (before.some(({ user }) => user === username)) return { outcome: 'online' } as const
  const hosts = await hear(router, macAddress, door)
  const host = hosts.find(({ authorized }) => authorized !== 'true') ?? hosts[0]
  if (!host) return nowhere(macAddress, door)
  const kept = before.find(({ user = '' }) => !mayEnd(user))
  if (kept && !hosts.some((host) => host.address === askedFrom || host['to-address'] === askedFrom)) {
    return { outcome: 'in-use', username: kept.user ?? '' } as const
  }
  return { outcome: 'waits', host, before } as const
}

async function tryLogIn(
  router: RouterSpeech,
  login: HotspotLogin,
  door: Door,
  terms: LogInTerms,
): Promise<LogInOutcome> {
  const { macAddress, username, password } = login
  try {
    const found = await findAtDoor(router, login, door, terms)
    if (found.outcome !== 'waits') return found
    const { host, before } = found
    if (before.length > 0) await endSessions(router, { macAddress })
    try {
      const address = { ip: host.address, 'mac-address': macAddress }
      await router.tell(order(`${ACTIVE}/login`, { user: username, password, ...address }), LOGIN_MS)
    } catch (thrown) {
      if (trapSays(thrown, 'unknown host')) return nowhere(macAddress, door)
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

async function hear(router: RouterSpeech, macAddress: string, door: Door): Promise<Row[]> {
  let hosts: Row[] = []
  for (const ms of HEAR_AGAIN_MS) {
    if (ms > 0) await router.pause(ms)
    hosts = await hostsOf(router, macAddress)
    if (hosts.length > 0 || !door.isForgotten(macAddress)) break
  }
  return hosts
}

const nowhere = (macAddress: string, door: Door) =>
  ({ outcome: door.isForgotten(macAddress) ? 'not-heard' : 'not-here' }) as const

const sessionsOf = (router: RouterSpeech, macAddress: string) =>
  router.look(print(ACTIVE, ['user', 'mac-address', 'address'], `mac-address=${macAddress}`))

async function isOnline(router: RouterSpeech, { macAddress, username }: HotspotLogin): Promise<boolean> {
  const sessions = await sessionsOf(router, macAddress)
  return sessions.some(({ user }) => user === username)
}
