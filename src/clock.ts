/** Time as a thing that is handed in, so that tests can step it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. */
  nowMs(): number
  /** Calls back once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void
}

/** Node fires a timer at once when its delay does not fit in 31 bits; a longer wait is cut to this and asked for again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
