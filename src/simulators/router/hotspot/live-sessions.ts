import type { Session } from './session.ts'

/** Who is online, found by phone, by session id and by user without looking through all. */
export class LiveSessions {
  readonly #byMac = new Map<string, Session>()
  readonly #bySessionId = new Map<string, Session>()
  readonly #byUsername = new Map<string, Set<Session>>()

  add(session: Session): void {
    this.#byMac.set(session.macAddress, session)
    this.#bySessionId.set(session.sessionId, session)
    const same = this.#byUsername.get(session.username) ?? new Set()
    this.#byUsername.set(session.username, same.add(session))
  }

  remove(session: Session): void {
    this.#byMac.delete(session.macAddress)
    this.#bySessionId.delete(session.sessionId)
    const same = this.#byUsername.get(session.username)
    same?.delete(session)
    if (same?.size === 0) this.#byUsername.delete(session.username)
  }

  has(session: Session): boolean {
    return this.#bySessionId.get(session.sessionId) === session
  }

  all(): Session[] {
    return [...this.#byMac.values()]
  }

  ofPhone(macAddress: string): Session | undefined {
    return this.#byMac.get(macAddress)
  }

  withId(sessionId: string): Session | undefined {
    return this.#bySessionId.get(sessionId)
  }

  countOf(username: string): number {
    return this.#byUsername.get(username)?.size ?? 0
  }
}
