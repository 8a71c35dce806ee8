import type { Clock } from '../clock.ts'

/** By then a phone that is still on the WiFi has said something, and the router has a row for it again. */
const BACK_WITHIN_MS = 60_000

/**
 * A kick takes a phone's host row away, a login finds the phone by it: what the two must know of each other, of all routers.
 * Only for as long as we run, which is longer than it counts.
 */
export class PhonesAtDoor {
  readonly #clock: Clock
  readonly #loggingIn = new Map<string, number>()
  readonly #forgotten = new Map<string, Forgotten>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(routerId: number): Door {
    const key = (macAddress: string) => `${routerId} ${macAddress}`
    return {
      whileLoggingIn: async (macAddress, logIn) => {
        const phone = key(macAddress)
        this.#loggingIn.set(phone, (this.#loggingIn.get(phone) ?? 0) + 1)
        try {
          return await logIn()
        } finally {
          const others = (this.#loggingIn.get(phone) ?? 1) - 1
          if (others === 0) this.#loggingIn.delete(phone)
          else this.#loggingIn.set(phone, others)
        }
      },
      isLoggingIn: (macAddress) => this.#loggingIn.has(key(macAddress)),
      forgets: (macAddress, addresses) => {
        this.#tidy()
        this.#forgotten.set(key(macAddress), { routerId, macAddress, addresses, atMs: this.#clock.nowMs() })
      },
      isForgotten: (macAddress) => {
        this.#tidy()
        return this.#forgotten.has(key(macAddress))
      },
      forgottenAt: (address) => {
        this.#tidy()
        const had = [...this.#forgotten.values()].filter(
          (phone) => phone.routerId === routerId && phone.addresses.includes(address),
        )
        return had.length === 1 ? had[0]?.macAddress : undefined
      },
    }
  }

  #tidy(): void {
    const sinceMs = this.#clock.nowMs() - BACK_WITHIN_MS
    for (const [phone, { atMs }] of this.#forgotten) if (atMs <= sinceMs) this.#forgotten.delete(phone)
  }
}

interface Forgotten {
  routerId: number
  macAddress: string
  /** Those of its row. */
  addresses: readonly string[]
  atMs: number
}

/** The phones of one router. */
export interface Door {
  whileLoggingIn<T>(macAddress: string, logIn: () => Promise<T>): Promise<T>
  isLoggingIn(macAddress: string): boolean
  /** Its host row, with these addresses, is being taken away. */
  forgets(macAddress: string, addresses: readonly string[]): void
  /** Its host row was taken away a moment ago: it comes back with the next packet of the phone, if that is still there. */
  isForgotten(macAddress: string): boolean
  /** The one phone whose row of this address was taken away a moment ago. */
  forgottenAt(address: string): string | undefined
}
