import { asError, MlangoError } from '../errors.ts'

const PATIENCE_MS = 45_000

/** What a simulator has seen, oldest first, and waiting for more of it. */
export class Sightings<T> {
  readonly seen: T[] = []
  /** What is collected here, in the plural, for the error message. */
  readonly #what: string
  readonly #waiting = new Set<{ look: () => void; giveUp: (error: Error) => void }>()
  #closed = false

  constructor(what: string) {
    this.#what = what
  }

  add(thing: T): void {
    this.seen.push(thing)
    for (const { look } of this.#waiting) look()
  }

  /** The first answer of `find` that is not undefined; it is asked now and after each addition. */
  async when<R>(find: (seen: readonly T[]) => R | undefined, timeoutMs = PATIENCE_MS): Promise<R> {
    const found = find(this.seen)
    if (found !== undefined) return found
    if (this.#closed) throw this.#stopped()

    const { promise, resolve, reject } = Promise.withResolvers<R>()
    const look = () => {
      try {
        const late = find(this.seen)
        if (late !== undefined) resolve(late)
      } catch (thrown) {
        reject(asError(thrown))
      }
    }
    const waiter = { look, giveUp: reject }
    const timer = setTimeout(() => reject(this.#tooLong(timeoutMs)), timeoutMs)
    this.#waiting.add(waiter)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(waiter)
    })
  }

  /** The `count`-th thing since the start. */
  whenCount(count: number, timeoutMs?: number): Promise<T> {
    return this.when((seen) => seen[count - 1], timeoutMs)
  }

  /** Nobody waits for a simulator that has stopped. */
  close(): void {
    this.#closed = true
    for (const { giveUp } of this.#waiting) giveUp(this.#stopped())
  }

  #tooLong(timeoutMs: number): MlangoError {
    const message = `waited ${timeoutMs} ms in vain for ${this.#what}; ${this.seen.length} came in all`
    return new MlangoError('simulator-wait-timeout', message)
  }

  #stopped(): MlangoError {
    const message = `the simulator stopped while somebody waited for ${this.#what}; ${this.seen.length} came in all`
    return new MlangoError('simulator-stopped', message)
  }
}
