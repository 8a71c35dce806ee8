import type { Clock } from '../../clock.ts'
import type { RouterFaults } from './faults.ts'
import type { KickRecord, LoginRecord } from './hotspot/hotspot.ts'
import type { FormResult, LoginForm } from './hotspot/login-form.ts'
import type { Session } from './hotspot/session.ts'
import type { Row } from './menus/menu.ts'
import type { SentSms } from './menus/sms.ts'
import type { DialResult, PppKick } from './ppp/ppp-server.ts'
import type { OwnBox, RadiusTarget } from './router-settings.ts'

export interface RouterSimulatorOptions extends OwnBox {
  /** Address of all its sockets, and what RADIUS sees as its source. Default 127.0.0.1. */
  host?: string
  /** Ports default to 0: any free one. */
  apiPort?: number
  coaPort?: number
  httpPort?: number
  /** The API account. Both default to `mlango`. */
  username?: string
  password?: string
  /** RouterOS release, `7.20.8` or `6.49.17`. Default 7.20.8, with `oldLogin` 6.42.5. */
  version?: string
  identity?: string
  /** Of the API account's group. Default api, read, write, test; secrets are shown only with `sensitive`. */
  policies?: string[]
  /** The login of releases before 6.43. */
  oldLogin?: boolean
  /** As if it had been adopted; without it the router asks nobody and accepts no Disconnect-Requests. */
  radius?: RadiusTarget
  /** Starts before this one: the third digit of session ids, which begin anew each time. Default 10. */
  reboots?: number
  /** Time of sessions and limits; the network's time-outs are always real. */
  clock?: Clock
}

/** What tests, benchmarks and the demo see of a simulated router, and what they can do to it and its phones. */
export interface RouterSimulator {
  readonly host: string
  readonly apiPort: number
  readonly coaPort: number
  /** The hotspot's web server: any page leads to its login page, `/login` takes `username`, `password` and `dst`. */
  readonly httpPort: number
  /** `link-login-only` of a phone: simulated phones share one address, so it says which one it is. */
  loginUrl(macAddress: string): string
  /** A phone joins the WiFi: it appears in /ip/hotspot/host, and is let in if the router has a cookie for it. */
  join(macAddress: string, ipAddress?: string): { macAddress: string; ipAddress: string }
  /** It walks away: its session ends, its cookie stays. */
  leave(macAddress: string): void
  /** The phone says something, to whomever: a router that has removed its host row makes a new one. */
  sendPacket(macAddress: string): void
  /** The phone sends in the router's own login form. */
  logInByForm(macAddress: string, form: LoginForm): Promise<FormResult>
  /** API connections that are open now. */
  connections(): number
  /** Hotspot users written to the router, without the one it brings itself. */
  userCount(): number
  /** So many phones join and are let in as local users, for a full router at once. */
  fill(phones: number): Promise<void>
  isOnline(macAddress: string): boolean
  /** A box dials in by PPPoE. */
  dial(box: { macAddress: string; username: string; password: string }): Promise<DialResult>
  /** Whose line is up. */
  lines(): string[]
  /** What the router gives to a line that is up. */
  line(username: string): ActiveLine | undefined
  /** Lines that were ended by somebody else than the box, oldest first. */
  readonly lineKicks: readonly PppKick[]
  active(): ActiveSession[]
  /**
   * Every login attempt ever made here, oldest first. One that comes while another of the same phone is under way
   * counts as rejected.
   */
  readonly logins: readonly LoginRecord[]
  /** Every API command received after login, oldest first, without its tag. */
  readonly commands: readonly string[][]
  /** Sessions that were ended by somebody else than the phone, oldest first. */
  readonly kicks: readonly KickRecord[]
  /** Resolves at once if already so; rejects after `timeoutMs` (default 45 s). */
  whenOnline(macAddress: string, timeoutMs?: number): Promise<void>
  whenOffline(macAddress: string, timeoutMs?: number): Promise<void>
  /** The phone used this much more (input is its upload); reaching a limit ends its session. */
  traffic(macAddress: string, bytes: { inputBytes: number; outputBytes: number }): void
  /** Sends an Interim-Update now, of one phone or of all that are online; rejects when one is not answered. */
  sendInterim(macAddress?: string): Promise<void>
  /** What its modem has sent, oldest first. */
  readonly sms: readonly SentSms[]
  /** All rows of a menu that only shows what is there: `/ip/neighbor`, a registration table, WireGuard's peers. */
  rows(menu: string): Row[]
  /** Puts a row into such a menu. */
  show(menu: string, row: Row): { change(values: Row): void; hide(): void }
  /** Takes all rows out of such a menu: `/ip/route` when its cable to the Internet is pulled. */
  clear(menu: string): void
  /** What `/tool/fetch` gets from an address, instead of by HTTP; undefined when nothing answers. */
  setDownload(download: (url: string) => Promise<Buffer | undefined>): void
  /** Somebody ran `/system device-mode update hotspot=yes fetch=yes` and pressed its button. */
  allowEverything(): void
  /** Addresses that answer when the router pings them. */
  readonly answeringPing: Set<string>
  /** Whether the network has set its clock, and how far that is off. */
  readonly ownClock: { synchronized: boolean; offMs: number }
  setRadius(radius: RadiusTarget | undefined): void
  /** Puts a login.html into the hotspot's directory, as the adoption script does: fetched from there. */
  fetchLoginPage(url: string): Promise<void>
  /** The same with a page at hand; undefined brings back the one that RouterOS comes with. */
  setLoginPage(page: string | undefined): void
  readonly faults: RouterFaults
  /**
   * Power goes and comes back: connections and sessions are gone, what was configured stays. Session ids begin anew, with
   * the next third digit.
   */
  reboot(): void
  /** Like a power cut: connections end, nothing is reported. */
  stop(): Promise<void>
}

export interface ActiveLine {
  ipAddress: string
  profile: string | undefined
  rateLimit: string | undefined
  /** Firewall lists that its address is on. */
  lists: string[]
}

export interface ActiveSession {
  username: string
  macAddress: string
  ipAddress: string
  sessionId: string
  sessionTimeoutSeconds?: number
  totalLimitBytes?: number
  rateLimit?: string
  inputBytes: number
  outputBytes: number
}

export function activeSession({ grant, ...session }: Session): ActiveSession {
  const { username, macAddress, ipAddress, sessionId, inputBytes, outputBytes } = session
  const { sessionTimeoutSeconds, totalLimitBytes, rateLimit } = grant
  return {
    username,
    macAddress,
    ipAddress,
    sessionId,
    ...(sessionTimeoutSeconds !== undefined && { sessionTimeoutSeconds }),
    ...(totalLimitBytes !== undefined && { totalLimitBytes }),
    ...(rateLimit !== undefined && { rateLimit }),
    inputBytes,
    outputBytes,
  }
}
