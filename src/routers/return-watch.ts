import { connect } from 'node:net'
import type { Clock } from '../clock.ts'

/** A router that starts takes a minute; when it is there nobody should wait for long. */
const KNOCK_MS = 3_000
const OPENS_WITHIN_MS = 2_000
/** A service that is not there yet, or is not for us, may take a connection only to close it. */
const STAYS_OPEN_MS = 250
/** One that is still ours is tried every minute, which begins them anew; one that was removed must not be knocked at for ever. */
const MOST_KNOCKS = 100

interface ReturnWatchParts {
  clock: Clock
  address: { host: string; port: number }
  /** It takes connections again, and did not a moment ago. */
  onBack: () => void
}

/**
 * While a router is away, knocks at its port every few seconds. One that opens at the first knock was not away but unwell: nothing is
 * told of it.
 */
export class ReturnWatch {
  readonly #parts: ReturnWatchParts
  #cancel: (() => void) | undefined
  #knocksLeft = 0

  constructor(parts: ReturnWatchParts) {
    this.#parts = parts
  }

  /** It cannot be reached. */
  begin(): void {
    this.#knocksLeft = MOST_KNOCKS
    if (!this.#cancel) this.#knockLater(false)
  }

  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #knockLater(wasShut: boolean): void {
    this.#cancel = this.#parts.clock.after(KNOCK_MS, () => this.#knock(wasShut))
  }

  #knock(wasShut: boolean): void {
    this.#knocksLeft -= 1
    const socket = connect(this.#parts.address)
    let cancelWait = () => {}
    const cancel = () => {
      cancelWait()
      socket.destroy()
    }
    const answered = (isOpen: boolean) => {
      if (this.#cancel !== cancel) return
      this.#cancel = undefined
      cancel()
      if (isOpen && wasShut) this.#parts.onBack()
      else if (!isOpen && this.#knocksLeft > 0) this.#knockLater(true)
    }
    this.#cancel = cancel
    // Never what keeps the process alive.
    socket.unref()
    // Read, or its end would go unnoticed.
    socket.resume()
    socket.setTimeout(OPENS_WITHIN_MS, () => answered(false))
    socket.once('connect', () => {
      cancelWait = this.#parts.clock.after(STAYS_OPEN_MS, () => answered(true))
    })
    socket.on('error', () => answered(false))
    socket.once('close', () => answered(false))
  }
}
