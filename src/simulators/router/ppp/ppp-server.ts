import type { Clock } from '../../../clock.ts'
import { changesOf, type Grant } from '../hotspot/session.ts'
import { runSessionTimers } from '../hotspot/session-timers.ts'
import { TERMINATE_CAUSE } from '../nas/attributes.ts'
import type { RadiusNas, Reported } from '../nas/nas.ts'
import type { Packet } from '../nas/packet.ts'

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
  readonly #sessions = new Map<string, PppSession>()
  #dialled = 0

  constructor(parts: { nas: RadiusNas; clock: Clock }) {
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
    const sessionId = `81${this.#dialled.toString(16).padStart(6, '0')}`
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
    const session: PppSession = {
      ...caller,
      id: `*8${this.#dialled.toString(16).toUpperCase().padStart(7, '0')}`,
      ipAddress: `10.5.60.${1 + this.#dialled}`,
      startedAtMs: this.#clock.nowMs(),
      grant: answer.grant,
      inputBytes: 0,
      outputBytes: 0,
      cancelTimers: () => {},
    }
    this.#sessions.set(session.id, session)
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

  /** As when the power is cut: nothing is reported. */
  forget(): void {
    for (const session of this.all()) session.cancelTimers()
    this.#sessions.clear()
  }

  #end(session: PppSession, terminateCause: number): void {
    session.cancelTimers()
    this.#sessions.delete(session.id)
    void this.#nas.reportStop(session, terminateCause)
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
