import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type KickOutcome, kick, type Who } from './hotspot-kick.ts'
import { type HotspotLogin, type LogInOutcome, logIn } from './hotspot-login.ts'
import { listOnline, type OnlineOutcome } from './hotspot-online.ts'
import { type EnsureUserOutcome, ensureUser, type HotspotUser } from './hotspot-user.ts'
import { RouterLinks } from './router-links.ts'
import { type RouterSpeech, speakTo } from './router-speech.ts'
import type { RouterAddress } from './routeros-connection.ts'

/** What we do at the routers' hotspots. Expected outcomes are answers, and every call may be repeated. */
export interface RouterGate {
  /** Writes a user for a router that does not ask RADIUS. */
  ensureUser(router: RouterAddress, user: HotspotUser, signal: AbortSignal): Promise<EnsureUserOutcome>
  logIn(router: RouterAddress, login: HotspotLogin, signal: AbortSignal): Promise<LogInOutcome>
  kick(router: RouterAddress, who: Who & { username: string }, signal: AbortSignal): Promise<KickOutcome>
  /** Who is online now, with their counters. */
  online(router: RouterAddress, signal: AbortSignal): Promise<OnlineOutcome>
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
    logIn: (router, login, signal) => logIn(speech(router, signal), login),
    kick: (router, who, signal) => kick(speech(router, signal), who),
    online: (router, signal) => listOnline(speech(router, signal)),
    stop: () => links.stop(),
  }
}
