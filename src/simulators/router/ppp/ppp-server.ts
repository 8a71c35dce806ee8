import type { Clock } from '../../../clock.ts'
import { changesOf, type Grant } from '../hotspot/session.ts'
import { runSessionTimers } from '../hotspot/session-timers.ts'
import { TERMINATE_CAUSE } from '../nas/attributes.ts'
import type { RadiusNas, Reported } from '../nas/nas.ts'
import type { Packet } from '../nas/packet.ts'
import type { RouterSettings } from '../router-settings.ts'

/** A line that is up. It goes without saying that RADIUS has let it in. */
export interface PppSession extends Reported {
  readonly id: string
  grant: Grant
  cancelTimers: () => void
}

export interface PppKick {
  username: string
  by: 'disconnect-request' | 'api' | 'session-timeout'
}

export type DialResult = { outcome: 'up'; ipAddress: string } | { outcome: 'refused'; message: string }

/** The router's PPPoE server: boxes dial in, RADIUS says whether, and what they use is reported. */
export class PppServer {
  /** Lines that were ended by somebody else than the box, oldest first. */
  readonly kicks: PppKick[] = []
  readonly #nas: RadiusNas
  readonly #clock: Clock
  readonly #settings: RouterSettings
  readonly #sessions = new Map<string, PppSession>()
  #dialled = 0

  constructor(parts: { nas: RadiusNas; settings: RouterSettings; clock: Clock }) {
    this.#settings = parts.settings
    this.#nas = parts.nas
    this.#clock = parts.clock
  }

  all(): PppSession[] {
    return [...this.#sessions.values()]
  }

  find(named: { sessionId?: string | undefined; ipAddress?: string | undefined }): PppSession | undefined {
    return this.all().find((session) =>
      named.sessionId === undefined ? session.ipAddress === named.ipAddress : session.sessionId === named.sessionId,
    )
  }

  async dial(box: { macAddress: string; username: string; password: string }): Promise<DialResult> {
    this.#dialled += 1
    const { macAddress, username } = box
    const sessionId = this.#settings.sessionId('81', this.#dialled)
    // No address before the box is let in.
    const caller = {
      sessionId,
      username,
      macAddress,
      ipAddress: '',
      port: 15_728_640 + this.#dialled,
      service: 'ppp',
    } as const
    const answer = await this.#nas.authenticate(caller, box.password, 'chap')
    if (answer.verdict !== 'accept') {
      return { outcome: 'refused', message: answer.verdict === 'reject' ? (answer.message ?? '') : 'RADIUS timeout' }
    }
    const ipAddress = this.#addressFor(answer.grant)
    // As RouterOS: a line without an address is let in, and goes down at once.
    if (ipAddress === undefined) return { outcome: 'refused', message: 'could not determine remote address' }
    const session: PppSession = {
      ...caller,
      id: `*8${this.#dialled.toString(16).toUpperCase().padStart(7, '0')}`,
      ipAddress,
      startedAtMs: this.#clock.nowMs(),
      grant: answer.grant,
      inputBytes: 0,
      outputBytes: 0,
      cancelTimers: () => {},
    }
    this.#sessions.set(session.id, session)
    this.#listAddress(session)
    this.#arm(session)
    await this.#nas.reportStart(session)
    return { outcome: 'up', ipAddress: session.ipAddress }
  }

  kick(session: PppSession, by: PppKick['by']): void {
    this.kicks.push({ username: session.username, by })
    this.#end(session, by === 'session-timeout' ? TERMINATE_CAUSE.sessionTimeout : TERMINATE_CAUSE.adminReset)
  }

  /** A CoA-Request's new limits. */
  change(session: PppSession, request: Packet): void {
    session.grant = { ...session.grant, ...changesOf(request) }
    this.#arm(session)
  }

  /** As when the power is cut: nothing is reported, and lines are counted from one again. */
  forget(): void {
    this.#dialled = 0
    const { list, rows } = this.#addressLists()
    for (const { '.id': id = '', dynamic } of rows) if (dynamic === 'true') list.remove(id)
    for (const session of this.all()) session.cancelTimers()
    this.#sessions.clear()
  }

  #end(session: PppSession, terminateCause: number): void {
    session.cancelTimers()
    this.#sessions.delete(session.id)
    const { list, rows } = this.#addressLists()
    for (const { '.id': id = '' } of rows.filter(({ address }) => address === session.ipAddress)) list.remove(id)
    void this.#nas.reportStop(session, terminateCause)
  }

  /** Its own address, else one of the named pool; undefined when the router has no such pool, or nothing left in it. */
  #addressFor({ address, pool }: Grant): string | undefined {
    const first = Number(address?.split('.')[0])
    if (address !== undefined && first !== 127 && first < 224) return address
    if (pool === undefined) return `10.5.60.${1 + this.#dialled}`
    const range = /^(\d+\.\d+\.\d+\.)(\d+)-[\d.]*\.(\d+)$/.exec(
      this.#settings.seen('/ip/pool').named(pool)?.ranges ?? '',
    )
    const [, net = '', from = 1, to = 0] = range ?? []
    const taken = new Set(this.all().map(({ ipAddress }) => ipAddress))
    const hosts = Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, host) => Number(from) + host)
    return hosts.map((host) => `${net}${host}`).find((free) => !taken.has(free))
  }

  #listAddress({ grant, ipAddress }: PppSession): void {
    if (grant.addressList === undefined) return
    this.#addressLists().list.add({ list: grant.addressList, address: ipAddress, dynamic: 'true' })
  }

  #addressLists() {
    const list = this.#settings.seen('/ip/firewall/address-list')
    return { list, rows: list.rows() }
  }

  #arm(session: PppSession): void {
    const seconds = session.grant.sessionTimeoutSeconds
    session.cancelTimers()
    session.cancelTimers = runSessionTimers({
      clock: this.#clock,
      endsAtMs: seconds === undefined ? undefined : session.startedAtMs + seconds * 1000,
      onTimeUp: () => this.kick(session, 'session-timeout'),
      interimMs: (session.grant.interimSeconds ?? 0) * 1000,
      onInterim: () => void this.#nas.reportInterim(session),
    })
  }
}
