import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type KickOutcome, kick, type Who } from './hotspot-kick.ts'
import { type HotspotLogin, type LogInOutcome, logIn } from './hotspot-login.ts'
import {
  type EnsureUserOutcome,
  ensureUser,
  type HotspotUser,
  type RemoveUserOutcome,
  removeUser,
} from './hotspot-user.ts'
import { RouterLinks } from './router-links.ts'
import { type RouterSpeech, speakTo } from './router-speech.ts'
import type { RouterAddress } from './routeros-connection.ts'

/** What we do at the routers' hotspots. Expected outcomes are answers, and every call may be repeated. */
export interface RouterGate {
  /** Writes a user for a router that does not ask RADIUS. */
  ensureUser(router: RouterAddress, user: HotspotUser, signal: AbortSignal): Promise<EnsureUserOutcome>
  /** Takes back what `ensureUser` wrote; a user of that name that is not ours stays. */
  removeUser(router: RouterAddress, username: string, signal: AbortSignal): Promise<RemoveUserOutcome>
  logIn(router: RouterAddress, login: HotspotLogin, signal: AbortSignal): Promise<LogInOutcome>
  kick(router: RouterAddress, who: Who & { username: string }, signal: AbortSignal): Promise<KickOutcome>
  /** Closes all connections; what is asked later is `unreachable`. */
  stop(): Promise<void>
}

export function openRouterGate({ log, clock = systemClock }: { log: Log; clock?: Clock }): RouterGate {
  const links = new RouterLinks({ log, clock })
  const speech = (router: RouterAddress, signal: AbortSignal): RouterSpeech =>
    speakTo(
      (words, options) => links.run(router, words, options),
      signal,
      (ms, callback) => clock.after(ms, callback),
    )
  return {
    ensureUser: (router, user, signal) => ensureUser(speech(router, signal), user),
    removeUser: (router, username, signal) => removeUser(speech(router, signal), username),
    logIn: (router, login, signal) => logIn(speech(router, signal), login),
    kick: (router, who, signal) => kick(speech(router, signal), who),
    stop: () => links.stop(),
  }
}
