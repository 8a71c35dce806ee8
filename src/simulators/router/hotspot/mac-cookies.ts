/** What the router remembers of a phone's last good login, to let it in again without asking the person. */
export interface MacCookie {
  readonly id: string
  readonly macAddress: string
  readonly username: string
  readonly password: string
  readonly expiresAtMs: number
}

/** One cookie per phone. */
export class MacCookies {
  readonly #cookies = new Map<string, MacCookie>()
  #lastId = 0

  keep(cookie: Omit<MacCookie, 'id'>): void {
    this.#lastId += 1
    this.#cookies.set(cookie.macAddress, { ...cookie, id: `*${this.#lastId.toString(16).toUpperCase()}` })
  }

  valid(nowMs: number): MacCookie[] {
    return [...this.#cookies.values()].filter((cookie) => cookie.expiresAtMs > nowMs)
  }

  of(macAddress: string, nowMs: number): MacCookie | undefined {
    const cookie = this.#cookies.get(macAddress)
    return cookie && cookie.expiresAtMs > nowMs ? cookie : undefined
  }

  remove(macAddress: string): void {
    this.#cookies.delete(macAddress)
  }
}
