import { MlangoError } from '../../../errors.ts'

interface Waiter {
  online: boolean
  settle(error?: MlangoError): void
}

/** Those who wait for a phone to be online, or offline. */
export class Presence {
  readonly #isOnline: (macAddress: string) => boolean
  readonly #waiting = new Map<string, Set<Waiter>>()

  constructor(isOnline: (macAddress: string) => boolean) {
    this.#isOnline = isOnline
  }

  /** Resolves at once if already so; rejects after `timeoutMs`. */
  when(macAddress: string, online: boolean, timeoutMs: number): Promise<void> {
    if (this.#isOnline(macAddress) === online) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiters = this.#waiting.get(macAddress) ?? new Set()
    const what = `${macAddress} is ${online ? 'online' : 'offline'}`
    const timer = setTimeout(() => {
      waiter.settle(new MlangoError('simulator-wait-timeout', `not true within ${timeoutMs} ms: ${what}`))
    }, timeoutMs)
    const waiter: Waiter = {
      online,
      settle(error) {
        clearTimeout(timer)
        waiters.delete(waiter)
        if (error) reject(error)
        else resolve()
      },
    }
    this.#waiting.set(macAddress, waiters.add(waiter))
    return promise
  }

  /** To be called whenever a phone went online or offline. */
  changed(macAddress: string): void {
    const waiters = this.#waiting.get(macAddress)
    if (!waiters) return
    const online = this.#isOnline(macAddress)
    for (const waiter of waiters) if (waiter.online === online) waiter.settle()
    if (waiters.size === 0) this.#waiting.delete(macAddress)
  }

  /** Nobody waits for a simulator that has stopped. */
  close(): void {
    for (const waiters of this.#waiting.values()) {
      for (const waiter of waiters) waiter.settle(new MlangoError('simulator-stopped', 'the simulated router stopped'))
    }
    this.#waiting.clear()
  }
}
