/** Time as a thing that is handed in, so that tests can step it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. */
  nowMs(): number
  /** Calls back once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void
}

/** Node fires a timer at once when its delay does not fit in 31 bits; a longer wait is cut to this and asked for again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Machine time at which this thread's own began. Asked for every packet, and `hrtime` costs several times as much. */
const threadBeganMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Since the machine started, whatever anybody sets; the same for every thread. */
export const monotonicMs = (): number => Math.floor(threadBeganMs + performance.now())

/** This thread's knowledge that it is at least so late: a wall clock that says less is wrong. */
let floor: { atLeastMs: number; sinceMs: number; isNetworkTime: () => boolean } | undefined

/**
 * What has happened already cannot lie ahead: a box without a battery starts in the past. Time goes on from there, until the
 * network has set the clock: then what was written down under a later one was wrong, and the clock leaps back.
 */
export function neverBefore(atLeastMs: number, isNetworkTime: () => boolean): void {
  floor = { atLeastMs, sinceMs: monotonicMs(), isNetworkTime }
}

function wallMs(): number {
  const machineMs = Date.now()
  if (!floor) return machineMs
  const leastMs = floor.atLeastMs + monotonicMs() - floor.sinceMs
  if (machineMs >= leastMs) return machineMs
  if (!floor.isNetworkTime()) return leastMs
  floor = undefined
  return machineMs
}

export const systemClock: Clock = {
  nowMs: wallMs,
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
