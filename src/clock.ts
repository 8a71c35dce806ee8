/** Time as a thing that is handed in, so that tests can step it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. */
  nowMs(): number
  /** Calls back once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void
}

/** Node fires a timer at once when its delay does not fit in 31 bits; a longer wait is cut to this and asked for again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Since the machine started, whatever anybody sets; the same for every thread. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** This thread's knowledge that it is at least so late: a wall clock that says less is wrong. */
let floor: { atLeastMs: number; sinceMs: number } | undefined

/** What has happened already cannot lie ahead: a box without a battery starts in the past. Time goes on from there. */
export function neverBefore(atLeastMs: number): void {
  floor = { atLeastMs, sinceMs: monotonicMs() }
}

export const systemClock: Clock = {
  nowMs: () => Math.max(Date.now(), floor ? floor.atLeastMs + monotonicMs() - floor.sinceMs : 0),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
