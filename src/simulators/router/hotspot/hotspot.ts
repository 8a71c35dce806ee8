import type { Clock } from '../../../clock.ts'
import type { RouterFaults } from '../faults.ts'
import { TERMINATE_CAUSE } from '../nas/attributes.ts'
import type { RadiusNas } from '../nas/nas.ts'
import { parseDurationMs } from '../ros-duration.ts'
import type { RouterSettings } from '../router-settings.ts'
import { type Host, HotspotHosts } from './hosts.ts'
import { LiveSessions } from './live-sessions.ts'
import { addLocalUsage, checkLocalUser, WRONG_PASSWORD } from './local-users.ts'
import { MacCookies } from './mac-cookies.ts'
import { Presence } from './presence.ts'
import type { Grant, Session } from './session.ts'
import { runSessionTimers } from './session-timers.ts'

export interface LoginRecord {
  macAddress: string
  username: string
  /** `cookie`: the router itself, for a phone that it remembers. */
  by: 'api' | 'form' | 'cookie'
  outcome: 'online' | 'rejected' | 'already-online' | 'no-radius'
}

export interface KickRecord {
  macAddress: string
  by: 'disconnect-request' | 'api' | 'host-removed' | 'session-timeout' | 'total-limit'
}

export interface Login {
  username: string
  password: string
  method: 'pap' | 'chap'
  by: LoginRecord['by']
}

export type LoginResult = { outcome: 'online' } | { outcome: Exclude<LoginRecord['outcome'], 'online'>; error: string }

type Decision = { source: Session['source']; grant: Grant } | { outcome: 'rejected' | 'no-radius'; error: string }

/** Longest name or password that fits every form of it in RADIUS. */
const LONGEST_CREDENTIAL = 128
/** A phone with its WiFi on says something all the time. */
const NEXT_PACKET_MS = 250

/** Lets phones in and out, keeps their limits, and remembers what happened. */
export class Hotspot {
  readonly hosts = new HotspotHosts()
  readonly cookies = new MacCookies()
  readonly sessions = new LiveSessions()
  readonly presence = new Presence((macAddress) => this.sessions.ofPhone(macAddress) !== undefined)
  readonly logins: LoginRecord[] = []
  readonly kicks: KickRecord[] = []
  readonly #settings: RouterSettings
  readonly #nas: RadiusNas
  readonly #clock: Clock
  readonly #faults: Readonly<RouterFaults>
  readonly #nextPackets = new Map<string, NodeJS.Timeout>()
  #sessionCount = 0

  constructor(parts: {
    settings: RouterSettings
    nas: RadiusNas
    clock: Clock
    faults: Readonly<RouterFaults>
  }) {
    this.#settings = parts.settings
    this.#nas = parts.nas
    this.#clock = parts.clock
    this.#faults = parts.faults
  }

  join(macAddress: string, ipAddress?: string): Host {
    const before = this.hosts.find(macAddress)
    const host = this.hosts.join(macAddress, ipAddress, this.#clock.nowMs())
    if (before && before !== host) this.#endOf(before, TERMINATE_CAUSE.lostCarrier)
    if (before !== host) void this.#logInByCookie(host)
    return host
  }

  /** A packet of this phone: the router makes a row for it where it has none. */
  hear(macAddress: string): Host | undefined {
    return this.hosts.isUnheard(macAddress) ? this.join(macAddress) : this.hosts.find(macAddress)
  }

  /** As `/ip/hotspot/host/remove` does: whoever was online by it is out, and the next packet makes a new row. */
  forget(host: Host): void {
    this.hosts.forget(host)
    const session = this.sessions.ofPhone(host.macAddress)
    if (session) this.kick(session, 'host-removed')
    if (this.#faults.phonesSilent) return
    const { macAddress } = host
    clearTimeout(this.#nextPackets.get(macAddress))
    this.#nextPackets.set(macAddress, setTimeout(() => void this.hear(macAddress), NEXT_PACKET_MS).unref())
  }

  leave(macAddress: string): void {
    this.hosts.leaveUnheard(macAddress)
    const host = this.hosts.find(macAddress)
    if (!host) return
    this.hosts.leave(host)
    this.#endOf(host, TERMINATE_CAUSE.lostCarrier)
  }

  async logIn(host: Host, login: Login): Promise<LoginResult> {
    const result = await this.#tryLogIn(host, login)
    const { username, by } = login
    this.logins.push({ macAddress: host.macAddress, username, by, outcome: result.outcome })
    if (result.outcome === 'online') this.presence.changed(host.macAddress)
    return result
  }

  kick(session: Session, by: KickRecord['by']): void {
    const timeIsUp = by === 'session-timeout' || by === 'total-limit'
    // Only a removal through the API leaves the cookie: the phone may be back at once.
    if (by !== 'api' && by !== 'host-removed') this.cookies.remove(session.macAddress)
    this.kicks.push({ macAddress: session.macAddress, by })
    this.#end(session, timeIsUp ? TERMINATE_CAUSE.sessionTimeout : TERMINATE_CAUSE.adminReset)
    const host = this.hosts.find(session.macAddress)
    if (host) void this.#logInByCookie(host)
  }

  /** A CoA-Request's new limits; Session-Timeout counts from the session's start. */
  change(session: Session, changes: Grant): void {
    session.grant = { ...session.grant, ...changes }
    this.#arm(session)
    this.#enforceVolume(session)
  }

  traffic(session: Session, bytes: { inputBytes: number; outputBytes: number }): void {
    session.inputBytes += bytes.inputBytes
    session.outputBytes += bytes.outputBytes
    this.#enforceVolume(session)
  }

  reportInterim(session: Session): Promise<boolean> {
    return session.source === 'radius' ? this.#nas.reportInterim(session) : Promise.resolve(false)
  }

  /** As when the power is cut: nothing is reported, and sessions are counted from one again. */
  forgetSessions(): void {
    this.#sessionCount = 0
    for (const session of this.sessions.all()) {
      session.cancelTimers()
      this.sessions.remove(session)
      this.presence.changed(session.macAddress)
    }
  }

  stop(): void {
    for (const timer of this.#nextPackets.values()) clearTimeout(timer)
    for (const session of this.sessions.all()) {
      session.cancelTimers()
      this.sessions.remove(session)
    }
    this.presence.close()
  }

  async #tryLogIn(host: Host, login: Login): Promise<LoginResult> {
    if (this.sessions.ofPhone(host.macAddress)) {
      return { outcome: 'already-online', error: `IP ${host.ipAddress} is already logged in` }
    }
    if (host.authorizing) return { outcome: 'rejected', error: 'already authorizing, retry later' }
    const longest = Math.max(Buffer.byteLength(login.username), Buffer.byteLength(login.password))
    if (longest > LONGEST_CREDENTIAL) return { outcome: 'rejected', error: WRONG_PASSWORD }

    const sessionId = this.#nextSessionId()
    host.authorizing = true
    const decision = await this.#decide(host, login, sessionId)
    host.authorizing = false
    if ('error' in decision) {
      if (login.by === 'cookie') this.cookies.remove(host.macAddress)
      return decision
    }
    if (!this.hosts.has(host)) return { outcome: 'rejected', error: `unknown host IP ${host.ipAddress}` }
    if (this.sessions.countOf(login.username) >= this.#sharedUsers(decision.grant)) {
      return { outcome: 'rejected', error: `no more sessions are allowed for user ${login.username}` }
    }
    this.#start(host, login, sessionId, decision)
    return { outcome: 'online' }
  }

  async #decide(host: Host, login: Login, sessionId: string): Promise<Decision> {
    const local = checkLocalUser(this.#settings, login, host.macAddress)
    if (local) return 'error' in local ? { outcome: 'rejected', ...local } : { source: 'local', ...local }
    if (this.#settings.serverProfile()['use-radius'] !== 'true') return { outcome: 'rejected', error: WRONG_PASSWORD }
    const { macAddress, ipAddress, port } = host
    const caller = { sessionId, username: login.username, macAddress, ipAddress, port }
    const answer = await this.#nas.authenticate(caller, login.password, login.method)
    if (answer.verdict === 'accept') return { source: 'radius', grant: answer.grant }
    if (answer.verdict === 'reject') return { outcome: 'rejected', error: answer.message ?? WRONG_PASSWORD }
    return { outcome: 'no-radius', error: 'RADIUS server is not responding' }
  }

  #start(host: Host, login: Login, sessionId: string, allowed: { source: Session['source']; grant: Grant }): void {
    const nowMs = this.#clock.nowMs()
    const profile = this.#settings.userProfile(allowed.grant.profile)
    const rateLimit = allowed.grant.rateLimit ?? profile['rate-limit']
    const session: Session = {
      id: `*${Buffer.from(host.ipAddress.split('.').map(Number)).toString('hex').toUpperCase()}`,
      sessionId,
      username: login.username,
      macAddress: host.macAddress,
      ipAddress: host.ipAddress,
      port: host.port,
      loginBy: login.by === 'cookie' ? 'mac-cookie' : `http-${login.method}`,
      source: allowed.source,
      startedAtMs: nowMs,
      grant: rateLimit === undefined ? allowed.grant : { ...allowed.grant, rateLimit },
      inputBytes: 0,
      outputBytes: 0,
      cancelTimers: () => {},
    }
    this.sessions.add(session)
    if (this.#settings.loginMethods().includes('mac-cookie') && profile['add-mac-cookie'] === 'true') {
      const expiresAtMs = nowMs + (parseDurationMs(profile['mac-cookie-timeout'] ?? '3d') ?? 0)
      const { username, password } = login
      this.cookies.keep({ macAddress: host.macAddress, username, password, expiresAtMs })
    }
    this.#arm(session)
    if (session.source === 'radius') void this.#nas.reportStart(session)
  }

  #endOf(host: Host, terminateCause: number): void {
    const session = this.sessions.ofPhone(host.macAddress)
    if (session) this.#end(session, terminateCause)
  }

  #end(session: Session, terminateCause: number): void {
    this.sessions.remove(session)
    session.cancelTimers()
    if (session.source === 'radius') void this.#nas.reportStop(session, terminateCause)
    else addLocalUsage(this.#settings, session, this.#clock.nowMs() - session.startedAtMs)
    this.presence.changed(session.macAddress)
  }

  #arm(session: Session): void {
    const seconds = session.grant.sessionTimeoutSeconds
    session.cancelTimers()
    session.cancelTimers = runSessionTimers({
      clock: this.#clock,
      endsAtMs: seconds === undefined ? undefined : session.startedAtMs + seconds * 1000,
      onTimeUp: () => this.kick(session, 'session-timeout'),
      interimMs: this.#interimMs(session),
      onInterim: () => void this.reportInterim(session),
    })
  }

  #enforceVolume(session: Session): void {
    const { totalLimitBytes, uploadLimitBytes, downloadLimitBytes } = session.grant
    const over =
      session.inputBytes + session.outputBytes >= (totalLimitBytes ?? Infinity) ||
      session.inputBytes >= (uploadLimitBytes ?? Infinity) ||
      session.outputBytes >= (downloadLimitBytes ?? Infinity)
    if (over && this.sessions.has(session)) this.kick(session, 'total-limit')
  }

  async #logInByCookie(host: Host): Promise<void> {
    const cookie = this.cookies.of(host.macAddress, this.#clock.nowMs())
    if (!cookie || !this.#settings.loginMethods().includes('mac-cookie')) return
    const { username, password } = cookie
    await this.logIn(host, { username, password, method: 'chap', by: 'cookie' })
  }

  #interimMs(session: Session): number {
    const update = this.#settings.serverProfile()['radius-interim-update']
    if (session.source === 'local') return 0
    if (update === 'received') return (session.grant.interimSeconds ?? 0) * 1000
    return parseDurationMs(update ?? '') ?? 0
  }

  #sharedUsers(grant: Grant): number {
    const limit = grant.portLimit ?? this.#settings.userProfile(grant.profile)['shared-users'] ?? '1'
    return limit === 'unlimited' ? Infinity : Number(limit)
  }

  #nextSessionId(): string {
    this.#sessionCount += 1
    return this.#settings.sessionId('80', this.#sessionCount)
  }
}
