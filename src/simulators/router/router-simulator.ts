import { isIPv4 } from 'node:net'
import { type Clock, systemClock } from '../../clock.ts'
import { asError, MlangoError } from '../../errors.ts'
import { ApiServer } from './api/server.ts'
import { createFaults, type RouterFaults } from './faults.ts'
import { requireMac } from './hotspot/hosts.ts'
import { Hotspot, type KickRecord, type LoginRecord } from './hotspot/hotspot.ts'
import { type FormResult, type LoginForm, logInByForm } from './hotspot/login-form.ts'
import type { Session } from './hotspot/session.ts'
import { HotspotWeb } from './hotspot-web.ts'
import { liveHotspotMenus } from './menus/hotspot-live.ts'
import { hotspotSettingsMenus } from './menus/hotspot-settings.ts'
import { ipSetupMenus } from './menus/ip-setup.ts'
import type { Row } from './menus/menu.ts'
import { networkMenus } from './menus/network.ts'
import { pppActiveMenu } from './menus/ppp-active.ts'
import { radiusMenus } from './menus/radius.ts'
import { servicesMenu } from './menus/services.ts'
import { type SentSms, smsMenu } from './menus/sms.ts'
import { systemMenus } from './menus/system.ts'
import { MenuTree } from './menus/tree.ts'
import { CoaListener } from './nas/coa-listener.ts'
import { RadiusExchange } from './nas/exchange.ts'
import { RadiusNas } from './nas/nas.ts'
import { type DialResult, type PppKick, PppServer } from './ppp/ppp-server.ts'
import { hasMenu } from './releases.ts'
import { parseVersion } from './ros-version.ts'
import { type OwnBox, type RadiusTarget, RouterSettings, userDefaults } from './router-settings.ts'

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
  /** Puts a row into a menu that only shows what is there: `/ip/neighbor`, a registration table, WireGuard's peers. */
  /** All rows of such a menu, as they are. */
  rows(menu: string): Row[]
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

const DEFAULT_POLICIES = ['api', 'read', 'write', 'test']
const WAIT_MS = 45_000
const INTERIMS_AT_ONCE = 64

/** A pretend MikroTik on real sockets: its API, its hotspot, and its RADIUS client. Resolves when it can be used. */
export async function startRouterSimulator(options: RouterSimulatorOptions = {}): Promise<RouterSimulator> {
  const { host = '127.0.0.1', username = 'mlango', password = 'mlango', identity = 'MikroTik' } = options
  const { policies = DEFAULT_POLICIES, oldLogin = false, clock = systemClock, reboots = 10 } = options
  const version = parseVersion(options.version ?? (oldLogin ? '6.42.5' : '7.20.8'))
  const settings = new RouterSettings(version, policies, identity, options)
  settings.startedAtMs = clock.nowMs()
  settings.reboots = reboots
  settings.useRadius(options.radius)

  const faults = createFaults({ cutApi: () => api.cut(), holdApi: (held) => api.hold(held) })
  const exchange = new RadiusExchange(host, () => faults.radiusDown)
  const nasIpAddress = isIPv4(host) && host !== '0.0.0.0' ? host : '127.0.0.1'
  const nas = new RadiusNas({ exchange, settings, clock, nasIpAddress })
  const hotspot = new Hotspot({ settings, nas, clock, faults })
  const ppp = new PppServer({ nas, settings, clock })
  const coa = new CoaListener({ hotspot, ppp, settings, faults })
  const web = new HotspotWeb({ hotspot, settings })

  const sms: SentSms[] = []
  const everyMenu = {
    ...systemMenus(settings, settings, clock),
    ...ipSetupMenus(settings, settings),
    ...servicesMenu(settings, () => api.connections),
    ...networkMenus(settings, hotspot, settings, clock),
    ...hotspotSettingsMenus(settings, settings),
    ...liveHotspotMenus(hotspot, settings, clock),
    ...smsMenu(settings, settings, sms),
    ...pppActiveMenu(ppp, settings, clock),
    ...radiusMenus({ settings, viewer: settings, exchange, listenForCoa: (port) => coa.listen(host, port) }),
  }
  const menus = Object.fromEntries(
    Object.entries(everyMenu).filter(([path]) => hasMenu(version, settings.packages, path)),
  )
  const commands: string[][] = []
  const api = new ApiServer({
    account: { username, password, oldLogin, mayUseApi: settings.policies.has('api') },
    menus: new MenuTree(menus, settings.policies, version),
    saysEmpty: version.atLeast(7, 18),
    faults,
    commands,
  })

  const stop = async () => {
    nas.stop()
    exchange.close()
    coa.close()
    hotspot.stop()
    ppp.forget()
    await Promise.all([api.close(), web.close()])
  }

  let apiPort: number
  let httpPort: number
  try {
    await coa.listen(host, options.coaPort ?? 0)
    apiPort = await api.listen(host, options.apiPort ?? 0)
    httpPort = await web.listen(host, options.httpPort ?? 0)
  } catch (thrown) {
    await stop()
    const why = asError(thrown).message
    throw new MlangoError('simulator-not-started', `the simulated router cannot open its ports: ${why}`, {
      cause: thrown,
    })
  }

  const sessionOf = (macAddress: string): Session => {
    const session = hotspot.sessions.ofPhone(requireMac(macAddress))
    if (!session) throw new MlangoError('simulated-phone-offline', `${macAddress} is not online`)
    return session
  }

  return {
    host,
    apiPort,
    get coaPort() {
      return Number(settings.incoming.port)
    },
    httpPort,
    loginUrl: (macAddress) => web.loginUrl(requireMac(macAddress)),
    logins: hotspot.logins,
    commands,
    kicks: hotspot.kicks,
    faults,
    join(macAddress, ipAddress) {
      const joined = hotspot.join(macAddress, ipAddress)
      return { macAddress: joined.macAddress, ipAddress: joined.ipAddress }
    },
    leave: (macAddress) => hotspot.leave(macAddress),
    sendPacket: (macAddress) => void hotspot.hear(macAddress),
    async logInByForm(macAddress, form) {
      const phone = hotspot.hear(macAddress)
      if (!phone) throw new MlangoError('simulated-phone-unknown', `${macAddress} has not joined the WiFi`)
      return logInByForm({ hotspot, settings }, phone, form)
    },
    connections: () => api.connections,
    userCount: () => settings.users.rows().length - 1,
    async fill(phones) {
      for (let number = 1; number <= phones; number += 1) {
        const hex = number.toString(16).padStart(4, '0').toUpperCase()
        const username = `guest${number}`
        settings.users.add({ ...userDefaults(), name: username, password: username })
        const host = hotspot.join(`06:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`)
        await hotspot.logIn(host, { username, password: username, method: 'chap', by: 'form' })
      }
    },
    dial: (box) => ppp.dial({ ...box, macAddress: requireMac(box.macAddress) }),
    lines: () => ppp.all().map(({ username }) => username),
    line(username) {
      const session = ppp.all().find((line) => line.username === username)
      if (!session) return undefined
      const lists = settings.seen('/ip/firewall/address-list').rows()
      const { ipAddress, grant } = session
      return {
        ...{ ipAddress, profile: grant.profile, rateLimit: grant.rateLimit },
        lists: lists.flatMap(({ address, list = '' }) => (address === ipAddress ? [list] : [])),
      }
    },
    lineKicks: ppp.kicks,
    sms,
    isOnline: (macAddress) => hotspot.sessions.ofPhone(requireMac(macAddress)) !== undefined,
    active: () => hotspot.sessions.all().map(activeSession),
    whenOnline: (macAddress, timeoutMs = WAIT_MS) => hotspot.presence.when(requireMac(macAddress), true, timeoutMs),
    whenOffline: (macAddress, timeoutMs = WAIT_MS) => hotspot.presence.when(requireMac(macAddress), false, timeoutMs),
    traffic: (macAddress, bytes) => hotspot.traffic(sessionOf(macAddress), bytes),
    async sendInterim(macAddress) {
      const reported = hotspot.sessions.all().filter(({ source }) => source === 'radius')
      const queue = (macAddress === undefined ? reported : [sessionOf(macAddress)]).values()
      const work = async () => {
        for (const session of queue) {
          if (await hotspot.reportInterim(session)) continue
          throw new MlangoError('simulated-interim-lost', `no answer to the interim update of ${session.macAddress}`)
        }
      }
      await Promise.all(Array.from({ length: INTERIMS_AT_ONCE }, work))
    },
    rows: (menu) => settings.seen(menu).rows(),
    show(menu, row) {
      const table = settings.seen(menu)
      const id = table.add(row)
      return { change: (values) => table.update(id, values), hide: () => table.remove(id) }
    },
    clear(menu) {
      const table = settings.seen(menu)
      for (const { '.id': id = '' } of table.rows()) table.remove(id)
    },
    setDownload(download) {
      settings.download = download
    },
    allowEverything: () => settings.allowEverything(),
    answeringPing: settings.answeringPing,
    ownClock: settings.ownClock,
    reboot() {
      api.cut()
      hotspot.forgetSessions()
      ppp.forget()
      settings.startedAtMs = clock.nowMs()
      settings.reboots += 1
    },
    setRadius: (target) => settings.useRadius(target),
    async fetchLoginPage(url) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) })
      if (!answer.ok)
        throw new MlangoError('simulated-fetch-failed', `failure: Fetch failed with status ${answer.status}`)
      web.loginPage = await answer.text()
    },
    setLoginPage(page) {
      web.loginPage = page
    },
    stop,
  }
}

function activeSession({ grant, ...session }: Session): ActiveSession {
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
