import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type DeviceAtOutcome, deviceAt } from './hotspot-device.ts'
import {
  type AtDoorOutcome,
  type HotspotLogin,
  type LogInOutcome,
  type LogInTerms,
  logIn,
  lookAtDoor,
} from './hotspot-login.ts'
import { listOnline, listOnlineAs, type OnlineOutcome } from './hotspot-online.ts'
import {
  type EnsureUserOutcome,
  ensureUser,
  type HotspotUser,
  type RemoveUserOutcome,
  removeUser,
} from './hotspot-user.ts'
import { type ModemOutcome, type ModemSms, sendByModem } from './modem-sms.ts'
import { PhonesAtDoor } from './phones-at-door.ts'
import { RouterLinks } from './router-links.ts'
import { type RouterSpeech, speakTo } from './router-speech.ts'
import type { RouterAddress } from './routeros-connection.ts'
import { type KickOutcome, kick, type Who } from './session-kick.ts'

/** What we do at the routers' hotspots. Expected outcomes are answers, and every call may be repeated. */
export interface RouterGate {
  /** Writes a user for a router that does not ask RADIUS. */
  ensureUser(router: RouterAddress, user: HotspotUser, signal: AbortSignal): Promise<EnsureUserOutcome>
  /** Takes back what `ensureUser` wrote; a user of that name that is not ours stays. */
  removeUser(router: RouterAddress, username: string, signal: AbortSignal): Promise<RemoveUserOutcome>
  logIn(router: RouterAddress, login: HotspotLogin, signal: AbortSignal, terms?: LogInTerms): Promise<LogInOutcome>
  /** Whether that login would let the phone in now. Changes nothing. */
  lookAtDoor(
    router: RouterAddress,
    login: Omit<HotspotLogin, 'password'>,
    signal: AbortSignal,
    terms?: LogInTerms,
  ): Promise<AtDoorOutcome>
  /** Which device of its hotspot has this network address. */
  deviceAt(router: RouterAddress, address: string, signal: AbortSignal): Promise<DeviceAtOutcome>
  /** Afterwards the router knows nothing of them any more. */
  kick(router: RouterAddress, who: Who & { username: string }, signal: AbortSignal): Promise<KickOutcome>
  /** Of phones that are logged in again at once: by their rows, which stay. */
  endSessions(router: RouterAddress, who: Who & { username: string }, signal: AbortSignal): Promise<KickOutcome>
  /** Who is online now, with their counters. */
  online(router: RouterAddress, signal: AbortSignal): Promise<OnlineOutcome>
  /** Of these who is online by hotspot as this user. */
  onlineAs(router: RouterAddress, username: string, signal: AbortSignal): Promise<OnlineOutcome>
  /** By the router's modem. */
  sendSms(router: RouterAddress, sms: ModemSms, signal: AbortSignal): Promise<ModemOutcome>
  /** For what the hotspot's verbs do not cover: monitoring, provisioning. */
  speak(router: RouterAddress, signal: AbortSignal): RouterSpeech
  /** Closes all connections; what is asked later is `unreachable`. */
  stop(): Promise<void>
}

interface GateParts {
  log: Log
  clock?: Clock
  /** A connection that worked has ended, and not by us, or a router that was away takes connections again. */
  onChanged?: (routerId: number) => void
}

export function openRouterGate({ clock = systemClock, ...parts }: GateParts): RouterGate {
  const links = new RouterLinks({ ...parts, clock })
  const doors = new PhonesAtDoor(clock)
  const speak = (router: RouterAddress, signal: AbortSignal): RouterSpeech =>
    speakTo(
      (words, options) => links.run(router, words, options),
      signal,
      (ms, callback) => clock.after(ms, callback),
    )
  return {
    ensureUser: (router, user, signal) => ensureUser(speak(router, signal), user),
    removeUser: (router, username, signal) => removeUser(speak(router, signal), username),
    logIn: (router, login, signal, terms) => logIn(speak(router, signal), login, doors.of(router.routerId), terms),
    lookAtDoor: (router, login, signal, terms) =>
      lookAtDoor(speak(router, signal), login, doors.of(router.routerId), terms),
    deviceAt: (router, address, signal) => deviceAt(speak(router, signal), address, doors.of(router.routerId)),
    kick: (router, who, signal) => kick(speak(router, signal), who, doors.of(router.routerId)),
    endSessions: (router, who, signal) => kick(speak(router, signal), who),
    sendSms: (router, sms, signal) => sendByModem(speak(router, signal), sms),
    online: (router, signal) => listOnline(speak(router, signal)),
    onlineAs: (router, username, signal) => listOnlineAs(speak(router, signal), username),
    speak,
    stop: () => links.stop(),
  }
}
